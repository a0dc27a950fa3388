import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  label: string;
  wide?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

/** Asks for one thing before all else; Escape, or a touch beside it, closes it. */
export function Dialog({ label, wide, onClose, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    <dialog
      ref={ref}
      class={wide ? "card wide" : "card"}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === ref.current && onClose()}
    >
      <div class="inner">{children}</div>
    </dialog>
  );
}
