import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { sameDevice } from "./engine";
import { About } from "./pages/about";
import { Desk } from "./pages/desk";
import { Dictionary } from "./pages/dictionary";
import { Practice } from "./pages/practice";
import { Recognize } from "./pages/recognize";
import { Teach } from "./pages/teach";
import { Announcements } from "./parts/announce";
import { Icon } from "./parts/icons";
import { PAGES, route, type Page } from "./route";
import { remembered, Store } from "./store";
import { language, useWords } from "./words";
import { holding, newer, takeNewer } from "./keep";

const SHOWN: Record<Page, ComponentType> = {
  recognize: Recognize,
  desk: Desk,
  dictionary: Dictionary,
  teach: Teach,
  practice: Practice,
  about: About,
};

const theme = remembered("theme", ["auto", "light", "dark"], "auto");
const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const SIGN = { auto: "auto", light: "sun", dark: "moon" } as const;

const online = new Store(navigator.onLine);
addEventListener("online", () => (online.value = true));
addEventListener("offline", () => (online.value = false));

export function App() {
  const t = useWords();
  const page = route.use();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const spoken = language.use();
  const colours = theme.use();
  const held = holding.use() > 0;
  const Shown = SHOWN[page];

  useEffect(() => {
    document.documentElement.lang = spoken === "pt" ? "pt-BR" : "en";
    document.title = `${t.nav[page]} · chereme`;
  }, [spoken, page]);
  useEffect(() => {
    document.documentElement.dataset.theme = colours;
  }, [colours]);
  useEffect(() => {
    if (!first.current) {
      main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
      scrollTo({ top: 0 });
    }
    first.current = false;
  }, [page]);

  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {t.shell.skip}
      </a>
      <header class="top">
        <p class="brand">
          <img src="./icon.svg" alt="" width="36" height="36" />
          <span>chereme</span>
        </p>
        <p class="here">
          <span class="dot" aria-hidden="true" />
          <span>{online.use() ? (sameDevice ? t.shell.here : t.shell.hereService) : t.shell.offline}</span>
        </p>
        <div class="choices">
          <div class="segments" role="group" aria-label={t.shell.language}>
            {(["en", "pt"] as const).map((one) => (
              <button
                key={one}
                type="button"
                lang={one}
                aria-label={one === "en" ? "EN English" : "PT Português"}
                aria-pressed={spoken === one}
                onClick={() => (language.value = one)}
              >
                {one.toUpperCase()}
              </button>
            ))}
          </div>
          <button
            id="theme"
            class="square"
            type="button"
            aria-label={`${t.shell.theme}: ${t.shell[colours]}`}
            title={`${t.shell.theme}: ${t.shell[colours]}`}
            onClick={() => (theme.value = NEXT[colours])}
          >
            <Icon name={SIGN[colours]} />
          </button>
          <a class="square about-link" href="#/about" aria-label={t.nav.about} aria-current={page === "about" ? "page" : undefined}>
            <Icon name="about" />
          </a>
        </div>
      </header>
      <nav class="rail" aria-label={t.nav.label}>
        {PAGES.map((one) => (
          <a key={one} class={`to-${one}`} href={`#/${one}`} aria-current={page === one ? "page" : undefined}>
            <Icon name={one} />
            <span>{t.nav[one]}</span>
          </a>
        ))}
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        {newer.use() && (
          <p class="newer card" role="status">
            {t.shell.update}{" "}
            {held ? (
              t.shell.updateHeld
            ) : (
              <button class="button" type="button" onClick={takeNewer}>
                {t.shell.reload}
              </button>
            )}
          </p>
        )}
        <Shown key={page} />
      </main>
      <Announcements />
    </>
  );
}
