// The service behind the page; every address is on the page's own origin.

const API = "api/v1";

/** An answer that is not the one hoped for: `code` finds the words, `detail` is the service's own line. */
export class Refused extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
    this.detail = detail;
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(`${API}/${path}`, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("offline", String(error.message));
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Refused(told.code ?? "internal", told.detail ?? `${answer.status} ${answer.statusText}`);
}

export const ready = async () => (await ask("ready")).json();
export const models = async () => (await ask("models")).json();
export const samples = async () => (await ask("samples")).json();

export async function sampleFilm(gloss) {
  const film = await (await ask(`samples/${encodeURIComponent(gloss)}.mp4`)).blob();
  return new File([film], `${gloss}.mp4`, { type: "video/mp4" });
}

export async function recognize(file, mirrored, signal) {
  const form = new FormData();
  form.append("file", file);
  form.append("mirrored", String(mirrored));
  form.append("landmarks", "true");
  return (await ask("recognitions", { method: "POST", body: form, signal })).json();
}
