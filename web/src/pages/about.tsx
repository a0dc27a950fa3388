import { useEffect, useState } from "preact/hooks";
import { service, type Service } from "../engine";
import { kept } from "../keep";
import { Failure, faultOf, type Fault } from "../parts/failure";
import { Icon } from "../parts/icons";
import type { Model } from "../api";
import { fill, number, percent, signedLanguage, useWords } from "../words";

/** What the page works with, how well, and what it is not. */
export function About() {
  const t = useWords().about;
  const [known, setKnown] = useState<Service | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  useEffect(() => {
    service().then(setKnown, (error: unknown) => setFault(faultOf(error)));
  }, []);
  return (
    <div class="page about">
      <h1 tabIndex={-1}>{t.title}</h1>
      <section class="card plainly">
        <Icon name="shield" />
        <div>
          <h2>{t.plain}</h2>
          <p>{t.plainNote}</p>
        </div>
      </section>
      {fault && (
        <div class="card">
          <Failure fault={fault} />
        </div>
      )}
      {known && (
        <section>
          <h2>{t.models}</h2>
          <div class="models" id="models">
            {known.models.map((model) => (
              <Described key={`${model.kind} ${model.name}`} model={model} />
            ))}
          </div>
        </section>
      )}
      <div class="two">
        <section class="card">
          <h2>{t.privacy}</h2>
          <ul class="points">
            {t.privacyNotes.map((line, i) => (
              <li key={i}>
                <Icon name="check" />
                <span>{line}</span>
              </li>
            ))}
          </ul>
        </section>
        <section class="card">
          <h2>{t.offline}</h2>
          <p id="kept">{kept.use() ? t.offlineYes : t.offlineNo}</p>
          <p class="fine">
            {known && `${fill(t.version, { version: known.health.version })} · `}
            {t.open}
          </p>
          <p>
            <a href="/api/v1/openapi.json">{t.api}</a>
          </p>
        </section>
      </div>
    </div>
  );
}

function Described({ model }: { model: Model }) {
  const t = useWords().about;
  const { top1, n } = model.scores;
  const kind = t.kinds[model.kind as keyof typeof t.kinds] ?? model.kind;
  const use = t.use[model.use as keyof typeof t.use] ?? model.use;
  return (
    <article class="card model">
      <p class="kicker">
        {[kind, model.language && signedLanguage(model.language)].filter(Boolean).join(" · ")}
      </p>
      <h3 lang="en">{model.card.title || model.name}</h3>
      <p class="soft">
        {model.labels.length > 0 && `${fill(t.known, { count: number(model.labels.length) })}. `}
        {typeof top1 === "number" && typeof n === "number" && `${fill(t.score, { percent: percent(top1), n: number(n) })}.`}
      </p>
      <p class={model.use === "open" ? "use open" : "use"}>{use}</p>
      <details>
        <summary>{t.limits}</summary>
        <p class="fine">{t.limitsNote}</p>
        <div lang="en">
          <p>{model.card.summary}</p>
          <ul class="limits">
            {model.card.limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </div>
        <p class="fine">
          {t.data}: <span lang="en">{model.card.data.join("; ")}</span>
        </p>
        <p class="fine">
          {t.licence}: <span lang="en">{model.card.licence}</span>
        </p>
      </details>
    </article>
  );
}
