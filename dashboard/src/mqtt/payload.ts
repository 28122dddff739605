// Payloads for people: text where it is text, bytes in hexadecimal where not.
const decoder = new TextDecoder('utf-8', { fatal: true });
const SHOWN_BYTES_MAX = 20_000;

export function payloadText(payload: Uint8Array): string {
  const shown = payload.subarray(0, SHOWN_BYTES_MAX);
  try {
    return decoder.decode(shown);
  } catch {
    return [...shown].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
  }
}

// JSON over several lines; everything else as it is.
export function prettyPayload(payload: Uint8Array): string {
  const text = payloadText(payload);
  if (!/^\s*[{[]/.test(text)) {
    return text;
  }
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
