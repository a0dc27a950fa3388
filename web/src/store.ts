import { useEffect, useState } from "preact/hooks";

/** A value that parts of the page show, and that they follow when it changes. */
export class Store<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set value(next: T) {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener();
  }

  follow(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The value, inside a component; it is drawn again on each change. */
  use(): T {
    const [shown, show] = useState(this.current);
    useEffect(() => {
      const update = () => show(() => this.current);
      update(); // it may have changed since it was drawn
      return this.follow(update);
    }, []);
    return shown;
  }
}

/** A choice that the browser remembers; only choices of how the page looks are kept so. */
export function remembered<T extends string>(name: string, choices: readonly T[], otherwise: T): Store<T> {
  const kept = read(name);
  const store = new Store<T>(choices.find((choice) => choice === kept) ?? otherwise);
  store.follow(() => {
    try {
      localStorage.setItem(name, store.value);
    } catch {
      // private windows may forbid it; the choice then lasts as long as the page
    }
  });
  return store;
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
