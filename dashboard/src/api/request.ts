// Requests to the API of the node that this page came from.
import { end, sessionState } from '../session/session';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type Query = Record<string, string | number | boolean | undefined>;

export interface RequestOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  // What the answer is wanted as; JSON without it.
  readonly accept?: string;
}

// An answer that is a refusal, or no answer at all: then `status` is 0.
export class RequestError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: unknown,
  ) {
    super(message);
  }
}

const base = new URL('api/v5/', document.baseURI);
// After these a token is good for nothing.
const CODES_OF_ENDED_SESSIONS = ['TOKEN_TIME_OUT', 'BAD_TOKEN'];

export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

export async function requestText(method: Method, path: string, options: RequestOptions = {}): Promise<string> {
  const response = await send(method, path, { accept: 'text/plain', ...options });
  return response.text();
}

export async function requestFile(path: string): Promise<Blob> {
  const response = await send('GET', path, { accept: '*/*' });
  return response.blob();
}

// A part of a path: everything in it is meant as it stands.
export function part(text: string): string {
  return encodeURIComponent(text);
}

async function send(method: Method, path: string, options: RequestOptions): Promise<Response> {
  const url = new URL(path.replace(/^\//, ''), base);
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== '') {
      url.searchParams.set(name, String(value));
    }
  }
  const headers: Record<string, string> = { accept: options.accept ?? 'application/json' };
  const token = sessionState.get().session?.token;
  if (token !== undefined) {
    headers.authorization = `Bearer ${token}`;
  }
  const init: RequestInit = { method, headers, cache: 'no-store', credentials: 'omit' };
  if (options.body !== undefined) {
    const isRaw = typeof options.body === 'string' || options.body instanceof FormData;
    if (!(options.body instanceof FormData)) {
      headers['content-type'] = isRaw ? 'text/plain' : 'application/json';
    }
    init.body = isRaw ? (options.body as string | FormData) : JSON.stringify(options.body);
  }
  if (options.signal !== undefined) {
    init.signal = options.signal;
  }
  const response = await fetch(url, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') {
      throw error;
    }
    throw new RequestError(0, 'NO_ANSWER', '', undefined);
  });
  if (!response.ok) {
    throw await refusal(response, token);
  }
  return response;
}

async function refusal(response: Response, token: string | undefined): Promise<RequestError> {
  let code = '';
  let message: unknown = response.statusText;
  try {
    const body = (await response.json()) as { code?: unknown; message?: unknown };
    code = typeof body.code === 'string' ? body.code : '';
    message = body.message ?? message;
  } catch {
    // Something between here and the node answered.
  }
  // Not for an answer to somebody who has logged in anew since.
  if (CODES_OF_ENDED_SESSIONS.includes(code) && sessionState.get().session?.token === token) {
    end(true);
  }
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return new RequestError(response.status, code, text, message);
}
