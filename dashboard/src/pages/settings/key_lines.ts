// The text of `GET /configs?origins=true`, line by line: `mqtt.max_qos_allowed = 2  # default`.
export interface KeyLine {
  readonly key: string;
  readonly value: string;
  // `default`, or the place: a line of a file, a variable.
  readonly origin: string;
  readonly isDefault: boolean;
}

const BEFORE_ORIGIN = '  # ';
const DEFAULT = 'default';

export function keyLines(text: string): readonly KeyLine[] {
  const lines: KeyLine[] = [];
  let rest = '';
  for (const line of text.split('\n')) {
    rest = rest === '' ? line : `${rest}\n${line}`;
    const at = rest.lastIndexOf(BEFORE_ORIGIN);
    // A value may go over several lines; its origin ends it.
    if (at < 0) {
      continue;
    }
    const origin = rest.slice(at + BEFORE_ORIGIN.length);
    const [key = '', ...value] = rest.slice(0, at).split(/ (?:= )?/);
    lines.push({
      key,
      value: value.length === 0 ? '' : rest.slice(key.length, at).replace(/^ (= )?/, ''),
      origin,
      isDefault: origin === DEFAULT,
    });
    rest = '';
  }
  return lines;
}
