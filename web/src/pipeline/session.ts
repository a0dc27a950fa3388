import * as ort from "onnxruntime-web/wasm";

/** A model in ONNX Runtime: features in; scores and, where it makes them, an embedding out. */
export class Session {
  private constructor(private readonly session: ort.InferenceSession) {}

  static async open(model: Uint8Array | string): Promise<Session> {
    ort.env.wasm.numThreads = 1; // a word takes milliseconds; threads would ask for a page isolated from all others
    const options = { executionProviders: ["wasm"], logSeverityLevel: 3 } as const;
    return new Session(
      typeof model === "string"
        ? await ort.InferenceSession.create(model, options)
        : await ort.InferenceSession.create(model, options),
    );
  }

  get embeds(): boolean {
    return this.session.outputNames.includes("embedding");
  }

  /** @param values T * width. */
  async run(values: Float32Array, width: number): Promise<{ logits: Float32Array; embedding: Float32Array | undefined }> {
    const frames = values.length / width;
    const found = await this.session.run({
      features: new ort.Tensor("float32", values, [1, frames, width]),
      mask: new ort.Tensor("bool", new Uint8Array(frames).fill(1), [1, frames]),
    });
    return { logits: floats(found["logits"]!), embedding: found["embedding"] && floats(found["embedding"]) };
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

function floats(tensor: ort.Tensor): Float32Array {
  return tensor.data as Float32Array;
}
