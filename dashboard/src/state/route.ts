// Where somebody is: what stands behind `#` in the address, so that any path before it may belong to a proxy.
import { useSyncExternalStore } from 'react';

export interface Route {
  // `clients` of `#/clients/meter-7?tab=queue`.
  readonly page: string;
  // What follows the page, decoded.
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}

let current = parse(window.location.hash);

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => current);
}

export function linkTo(page: string, rest: readonly string[] = [], query: Record<string, string> = {}): string {
  const path = [page, ...rest].map(encodeURIComponent).join('/');
  const pairs = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `#/${path}${pairs === '' ? '' : `?${pairs}`}`;
}

export function goTo(page: string, rest: readonly string[] = [], query: Record<string, string> = {}): void {
  window.location.hash = linkTo(page, rest, query);
}

// The same page with another query; does not add to the history.
export function replaceQuery(query: Record<string, string>): void {
  const { page, rest } = current;
  window.history.replaceState(null, '', linkTo(page, rest, query));
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

function subscribe(listener: () => void): () => void {
  const changed = () => {
    current = parse(window.location.hash);
    listener();
  };
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [page = '', ...rest] = path.split('/').map(decode);
  return {
    page: page === '' ? 'overview' : page,
    rest: rest.filter(part => part !== ''),
    query: new URLSearchParams(query),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
