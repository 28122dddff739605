// Short notices that something was done; screen readers read them out.
import { createStore, useStore } from '../state/store';

interface Notice {
  readonly id: number;
  readonly text: string;
}

const SHOWN_MS = 4000;
const SHOWN_MAX = 3;

const notices = createStore<readonly Notice[]>([]);
let latest = 0;

export function notify(text: string): void {
  latest += 1;
  const id = latest;
  notices.set([...notices.get(), { id, text }].slice(-SHOWN_MAX));
  window.setTimeout(() => notices.set(notices.get().filter(notice => notice.id !== id)), SHOWN_MS);
}

export function Notices() {
  return (
    <div className="notices" role="status" aria-live="polite">
      {useStore(notices).map(notice => (
        <p key={notice.id} className="notice">
          {notice.text}
        </p>
      ))}
    </div>
  );
}
