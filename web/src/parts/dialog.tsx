import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  label: string;
  wide?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

/** Asks for one thing before all else; Escape, or a touch beside it, closes it. */
export function Dialog({ label, wide, onClose, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  // while it is still on the page: one that was taken away gives nothing back
  useLayoutEffect(() => {
    const dialog = ref.current!;
    dialog.showModal();
    return () => dialog.close(); // the focus goes back to what had opened it
  }, []);
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
