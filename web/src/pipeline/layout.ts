import { RefusedError } from "./refused";

/** Names of J landmarks in order, `group/point`, and what is known of them; the service writes it. */
export interface LayoutSpec {
  name: string;
  names: string[];
  bones: [number, number][];
  mirror: [number, number][];
}

/** A run of landmarks: from `start` to before `stop`. */
export interface Group {
  start: number;
  stop: number;
}

export class Layout {
  readonly name: string;
  readonly names: readonly string[];
  readonly bones: readonly [number, number][];
  /** Landmarks so ordered that each left one stands where its right partner was, and the other way round. */
  readonly mirrored: readonly number[];
  readonly groups: ReadonlyMap<string, Group>;
  private readonly position: ReadonlyMap<string, number>;

  constructor(spec: LayoutSpec) {
    this.name = spec.name;
    this.names = spec.names;
    this.bones = spec.bones;
    const order = spec.names.map((_, i) => i);
    for (const [left, right] of spec.mirror) {
      order[left] = right;
      order[right] = left;
    }
    this.mirrored = order;
    this.position = new Map(spec.names.map((name, i) => [name, i]));
    const groups = new Map<string, Group>();
    spec.names.forEach((name, i) => {
      const group = name.slice(0, name.indexOf("/"));
      groups.set(group, { start: groups.get(group)?.start ?? i, stop: i + 1 });
    });
    this.groups = groups;
  }

  get length(): number {
    return this.names.length;
  }

  has(name: string): boolean {
    return this.position.has(name);
  }

  index(name: string): number {
    const found = this.position.get(name);
    if (found === undefined) throw new RefusedError(`layout ${this.name} has no landmark ${name}`);
    return found;
  }

  indices(names: readonly string[]): number[] {
    return names.map((name) => this.index(name));
  }

  group(name: string): Group {
    const found = this.groups.get(name);
    if (!found) throw new RefusedError(`layout ${this.name} has no group ${name}`);
    return found;
  }

  /** Groups of a hand's landmarks. */
  get hands(): Group[] {
    return [...this.groups].filter(([name]) => name.includes("hand")).map(([, group]) => group);
  }
}
