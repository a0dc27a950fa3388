const LINES =
  "M50 108 34 96 22 84 14 72 8 62M50 108 36 64 32 44 30 31 28 20M36 64 48 60 47 38 46 24 46 12M48 60 59 63 62 42 64 30 65 19M59 63 69 70 76 56 80 47 83 39M69 70 50 108";
const JOINTS = [...LINES.matchAll(/(\d+) (\d+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

function Hand() {
  return (
    <>
      <path d={LINES} fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" opacity=".6" />
      <g fill="currentColor">
        {JOINTS.map(([cx, cy], i) => (
          <circle key={i} cx={cx} cy={cy} r="3.2" />
        ))}
      </g>
    </>
  );
}

/** Two hands as the page sees them: the signer's right in teal, the left in amber. */
export function Hands() {
  return (
    <svg class="hands" viewBox="0 0 220 116" aria-hidden="true">
      <g class="right">
        <g transform="matrix(-1 0 0 1 100 0)">
          <Hand />
        </g>
      </g>
      <g class="left">
        <g transform="translate(120 0)">
          <Hand />
        </g>
      </g>
    </svg>
  );
}
