// Who is logged in. The token stays in the tab: another tab, or the same one after it was closed, logs in anew.
import { createStore } from '../state/store';

export interface Session {
  readonly username: string;
  readonly token: string;
  readonly role: string;
  readonly version: string;
  // Nothing else can be done before the password is changed.
  readonly mustChangePassword: boolean;
}

export interface SessionState {
  readonly session: Session | null;
  // Why there is no session any more, where it ended by itself.
  readonly hasExpired: boolean;
}

const KEY = 'dunlin.session';

export const sessionState = createStore<SessionState>({ session: read(), hasExpired: false });

export function begin(session: Session): void {
  keep(session);
  sessionState.set({ session, hasExpired: false });
}

export function end(hasExpired: boolean): void {
  keep(null);
  sessionState.set({ session: null, hasExpired });
}

function keep(session: Session | null): void {
  try {
    if (session === null) {
      sessionStorage.removeItem(KEY);
    } else {
      sessionStorage.setItem(KEY, JSON.stringify(session));
    }
  } catch {
    // Without storage a reload logs out.
  }
}

function read(): Session | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    return typeof kept === 'object' && kept !== null && 'token' in kept ? (kept as Session) : null;
  } catch {
    return null;
  }
}
