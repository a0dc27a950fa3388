import { RefusedError } from "./refused";

type Value = string | number | boolean | readonly (string | number)[];
export type Table = Readonly<Record<string, Value>>;

/**
 * A table of settings as the service resolved it, read key by key.
 *
 * The service fills in every default, so a key that is not there, or one that nobody reads, is a setting that this
 * port does not know: `done` and the readers refuse it by name.
 */
export class Settings {
  private readonly unread: Set<string>;

  constructor(
    private readonly table: Table,
    private readonly name: string,
  ) {
    this.unread = new Set(Object.keys(table));
  }

  number(key: string): number {
    return this.read(key, "number") as number;
  }

  flag(key: string): boolean {
    return this.read(key, "boolean") as boolean;
  }

  /** One of the words that this port knows. */
  word<W extends string>(key: string, known: readonly W[]): W {
    const value = this.read(key, "string") as W;
    if (!known.includes(value)) this.refuse(key, value);
    return value;
  }

  list<V extends string | number>(key: string): readonly V[] {
    const value = this.read(key, "object");
    if (!Array.isArray(value)) this.refuse(key, value);
    return value as unknown as readonly V[];
  }

  text(key: string): string {
    return this.read(key, "string") as string;
  }

  /** A setting that may only stand as it is here. */
  only(key: string, value: Value): void {
    const found = this.read(key, typeof value);
    if (JSON.stringify(found) !== JSON.stringify(value)) this.refuse(key, found);
  }

  /** Settings that say something only where another one, which was read, asks for it. */
  passOver(...keys: string[]): void {
    for (const key of keys) this.unread.delete(key);
  }

  /** Refuses what nobody read. */
  done(): void {
    for (const key of this.unread) this.refuse(key, this.table[key]!);
  }

  refuse(key: string, value: Value): never {
    throw new RefusedError(`${this.name}.${key} = ${JSON.stringify(value)} is not known to the browser's recognizer`);
  }

  private read(key: string, kind?: string): Value {
    const value = this.table[key];
    if (value === undefined || (kind && typeof value !== kind)) {
      throw new RefusedError(`${this.name}.${key} is ${value === undefined ? "missing" : `no ${kind}`}`);
    }
    this.unread.delete(key);
    return value;
  }
}
