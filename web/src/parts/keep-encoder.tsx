import { useEffect, useState } from "preact/hooks";
import type { Model } from "../api";
import { service } from "../engine";
import { isKept, keepEncoder } from "../keep";
import { fill, number, useWords } from "../words";
import { announce } from "./announce";
import { Icon } from "./icons";

type State = "offered" | "keeping" | "kept" | "failed";

/**
 * What compares taught signs, offered to be kept for use without a network; nothing where no worker can keep it.
 *
 * @param used changes when it was used, since it is kept from then on.
 */
export function KeepEncoder({ used }: { used: unknown }) {
  const t = useWords().teach;
  const [model, setModel] = useState<Model | null>(null);
  const [state, setState] = useState<State | null>(null);

  useEffect(() => {
    let left = false;
    const look = async () => {
      const { models } = await service();
      const found = models.find((one) => one.kind === "encoder" && one.default);
      if (!found) return;
      const there = await isKept(found.name);
      if (left) return;
      setModel(found);
      setState((before) => (there ? "kept" : (before ?? "offered")));
    };
    look().catch(() => undefined); // without the service there is nothing to offer
    return () => {
      left = true;
    };
  }, [used]);

  const keep = async () => {
    setState("keeping");
    const done = (await keepEncoder()) ? "kept" : "failed";
    setState(done);
    announce(t.offline[done]);
  };
  if (!model || !state) return null;
  return (
    <div class="keep-encoder" id="offline" data-state={state}>
      <p class="soft">{state === "offered" ? fill(t.offline.offered, { size: number((model.bytes ?? 0) / 1e6, 1) }) : t.offline[state]}</p>
      {state !== "kept" && (
        <button class="button" type="button" disabled={state === "keeping"} onClick={keep}>
          <Icon name="save" />
          {t.offline.keep}
        </button>
      )}
    </div>
  );
}
