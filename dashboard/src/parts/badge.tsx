// A state in one word: the colour only repeats it.
import type { ReactNode } from 'react';

export type Tone = 'good' | 'bad' | 'warning' | 'neutral';

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={`badge badge-${tone}`}>
      <span className="badge-dot" aria-hidden="true" />
      {children}
    </span>
  );
}
