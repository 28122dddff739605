// Payloads come from the API as base64.
export function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
  } catch {
    return new TextEncoder().encode(base64);
  }
}
