/**
 * Recognition in the browser: camera pictures to landmarks to words, with nothing sent anywhere.
 *
 * The numbers are those of the Python package: the settings come resolved from the service (`spec.json`), and a setting
 * that this port does not know is refused by name (`RefusedError`), so that the page can ask the service instead.
 */

export { Arrivals } from "./arrivals";
export { Gallery, type Found } from "./gallery";
export { Layout } from "./layout";
export { Lexicons, type Hit, type LexiconSpec } from "./lexicons";
export { Encoder, Recognizer } from "./models";
export { handAtWork } from "./preprocess/rest";
export { RefusedError } from "./refused";
export { Segmenter, type Rest } from "./segmenter";
export { Tracker } from "./tracker";
export type { Answer, Doubt, Frame, Guess } from "./types";
