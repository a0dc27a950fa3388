import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Refused } from "../api";
import { CameraError } from "../camera";
import { RefusedError } from "../engine";
import { useWords, wrong } from "../words";
import { announce, useTurnTo } from "./announce";

export interface Fault {
  code: string;
  detail: string;
}

/** What to tell of anything that was thrown. */
export function faultOf(error: unknown, otherwise = "internal"): Fault {
  if (error instanceof Refused) return { code: error.code, detail: error.detail };
  if (error instanceof CameraError) return { code: error.message, detail: error.message };
  if (error instanceof RefusedError) return { code: "landmarks_missing", detail: error.message };
  const detail = error instanceof Error ? error.message : String(error);
  console.info(error);
  return { code: error instanceof TypeError && /fetch|network/i.test(detail) ? "offline" : otherwise, detail };
}

interface Props {
  fault: Fault;
  values?: Record<string, string | number>;
  children?: ComponentChildren;
}

/** What went wrong, what to do next, and behind a click what exactly was said. */
export function Failure({ fault, values, children }: Props) {
  const t = useWords().recognize;
  const [what, next] = wrong(fault.code, values);
  const heading = useTurnTo<HTMLHeadingElement>(fault);
  useEffect(() => announce(`${what}. ${next}`), [fault, what]);
  return (
    <div class="failure">
      <p class="kicker">{t.sorry}</p>
      <h2 id="wrong" tabIndex={-1} ref={heading}>
        {what}
      </h2>
      <p id="remedy" class="soft">
        {next}
      </p>
      <details>
        <summary>{t.exactly}</summary>
        <p id="exactly" class="exactly">
          {fault.detail}
        </p>
      </details>
      {children && <div class="actions">{children}</div>}
    </div>
  );
}
