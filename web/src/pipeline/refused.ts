/** Something of a bundle or a clip that this port cannot compute as Python does; the service may still answer. */
export class RefusedError extends Error {
  override name = "RefusedError";
}
