/** The service behind the page; every address is on the page's own origin. */

import type { Answer, Doubt, Hit, LexiconSpec } from "./pipeline";

export type { Hit };

const API = "/api/v1";

export interface Limits {
  megabytes: number;
  seconds: number;
  megapixels: number;
}

export interface Health {
  status: string;
  version: string;
  limits: Limits;
  asl: "ready" | "no model" | "no engine";
}

export interface Card {
  title: string;
  summary: string;
  data: string[];
  licence: string;
  use: string;
  limits: string[];
}

export interface Model {
  kind: string;
  name: string;
  default: boolean;
  language: string;
  labels: string[];
  layout: string;
  /** What a browser loads of it; null: nothing. */
  bytes: number | null;
  use: string;
  card: Card;
  scores: Record<string, unknown>;
}

export interface Sample {
  gloss: string;
  seconds: number;
  href: string;
}

export interface Guess {
  gloss: string;
  probability: number;
}

/** Landmarks as the service gives them: x right, y down, in picture heights; null where nothing was seen. */
export interface Landmarks {
  layout: string;
  names: string[];
  bones: [number, number][];
  fps: number;
  size: [number, number];
  mirrored?: boolean;
  points: (number[] | null)[][];
}

export interface Recognition {
  file: string;
  predictions: Guess[];
  unknown: boolean;
  unknown_because?: Doubt;
  seconds: { decode?: number | null; extract: number; recognize: number; total: number };
  bundle: string;
  landmarks?: Landmarks | null;
}

/** What the service recognized, as the browser says it. */
export function answerOf(found: Recognition): Answer & { byService: true } {
  const { predictions, unknown_because: unknownBecause = null, seconds, bundle } = found;
  return { predictions, unknownBecause, seconds: seconds.total, bundle, byService: true };
}

export interface Span {
  gloss: string;
  start: number;
  end: number;
  how: string;
}

export interface Production {
  glosses: string[];
  spans: Span[];
  missing: string[];
  seconds: number;
  landmarks: Landmarks;
}

export interface Phrase {
  text: string;
  glosses: string[];
  /** What has to be filled in before it is signed. */
  places?: string[];
  signable: boolean;
}

export interface Entry {
  id: string;
  gloss: string;
  language: string;
  source: string;
  examples: number;
  has_pose: boolean;
  /** Who would sign it; null: nobody can. */
  how: "lexicon" | "producer" | null;
}

/** An answer that is not the one hoped for: `code` finds the words, `detail` is the service's own line. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(detail);
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`${API}/${path}`, options);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Refused("offline", String(error));
  }
  if (answer.ok) return answer;
  const told = (await answer.json().catch(() => ({}))) as { code?: string; detail?: unknown };
  const detail = typeof told.detail === "string" ? told.detail : `${answer.status} ${answer.statusText}`;
  throw new Refused(told.code ?? (answer.status === 404 ? "not_there" : "internal"), detail);
}

async function json<T>(path: string, options?: RequestInit): Promise<T> {
  return (await ask(path, options)).json() as Promise<T>;
}

function body(value: unknown, signal?: AbortSignal): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
    signal: signal ?? null,
  };
}

export const ready = () => json<Health>("ready");
export const models = () => json<Model[]>("models");
export const samples = () => json<Sample[]>("samples");
export const phrases = (language: string, signs: string) =>
  json<Phrase[]>(`phrases?${new URLSearchParams({ language, ...(signs && { signs }) })}`);

export async function sampleFilm(sample: Sample, signal: AbortSignal): Promise<File> {
  const film = await (await ask(`samples/${encodeURIComponent(sample.gloss)}.mp4`, { signal })).blob();
  return new File([film], `${sample.gloss}.mp4`, { type: "video/mp4" });
}

export function recognizeFile(file: File, mirrored: boolean, signal: AbortSignal): Promise<Recognition> {
  const form = new FormData();
  form.append("file", file);
  form.append("mirrored", String(mirrored));
  form.append("landmarks", "true");
  return json("recognitions", { method: "POST", body: form, signal });
}

export type SentLandmarks = Pick<Landmarks, "layout" | "fps" | "size" | "points">;

export function recognizeLandmarks(landmarks: SentLandmarks, top: number, signal?: AbortSignal): Promise<Recognition> {
  return json("recognitions", body({ landmarks, top }, signal));
}

export interface Wanted {
  text?: string;
  glosses?: string[];
  language?: string;
  signs?: string;
  spell?: boolean;
}

export function produce(wanted: Wanted, signal?: AbortSignal): Promise<Production> {
  return json("productions", body(wanted, signal));
}

export interface Listed {
  total: number;
  /** Of all signs that there are. */
  languages: string[];
  entries: Entry[];
}

export function lexicon(query: string, language: string, limit: number, offset = 0, signal?: AbortSignal): Promise<Listed> {
  const asked = new URLSearchParams({ q: query, limit: String(limit), offset: String(offset) });
  if (language) asked.set("language", language);
  return json(`lexicon?${asked}`, { signal: signal ?? null });
}

/** A sign of the dictionary, that very example. */
export function entryLandmarks(id: string, signal: AbortSignal): Promise<Landmarks> {
  return json(`lexicon/${encodeURIComponent(id)}/pose?format=json`, { signal });
}

export interface Hits {
  entries: Hit[];
  /** None of them is as like as a sign of the lexicon would be. */
  unknown: boolean;
  seconds: number;
}

/** What such a search compares with, and a name for it; undefined where it is still what had the name `known`. */
export async function embeddings(known?: string): Promise<{ lexicons: LexiconSpec[]; version: string } | undefined> {
  const answer = await ask("lexicon/embeddings");
  const version = answer.headers.get("ETag") ?? "";
  if (version && version === known) return undefined;
  const { lexicons } = (await answer.json()) as { lexicons: LexiconSpec[] };
  return { lexicons, version };
}

export function searchLexicon(landmarks: SentLandmarks, top: number, signal?: AbortSignal) {
  return json<Hits>("lexicon/search", body({ landmarks, top }, signal));
}
