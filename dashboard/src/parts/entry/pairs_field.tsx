// Names and their texts, such as the headers of a request.
import { type ReactNode, useId, useState } from 'react';
import { useText } from '../../text/text';
import { Button, IconButton } from '../button';
import { described, Notes } from '../field';

export interface PairsFieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error: string | undefined;
  readonly value: Readonly<Record<string, string>>;
  onChange(value: Readonly<Record<string, string>>): void;
}

interface Pair {
  readonly id: number;
  readonly name: string;
  readonly text: string;
}

export function PairsField({ label, hint, error, value, onChange }: PairsFieldProps) {
  const say = useText();
  const id = useId();
  // While somebody writes there may be two of a name, or one without.
  const [pairs, setPairs] = useState<readonly Pair[]>(() =>
    Object.entries(value).map(([name, text], at) => ({ id: at, name, text })),
  );
  const set = (next: readonly Pair[]) => {
    setPairs(next);
    onChange(Object.fromEntries(next.filter(({ name }) => name !== '').map(({ name, text }) => [name, text])));
  };
  const change = (pair: Pair, part: Partial<Pair>) => set(pairs.map(one => (one === pair ? { ...one, ...part } : one)));
  return (
    <fieldset className="field pairs" aria-describedby={described(id, hint, error)['aria-describedby']}>
      <legend>{label}</legend>
      {pairs.map(pair => (
        <div key={pair.id} className="pair">
          <input
            className="control"
            aria-label={`${label}: ${say('entry.pair_name')}`}
            value={pair.name}
            onChange={event => change(pair, { name: event.target.value })}
          />
          <input
            className="control"
            aria-label={`${label}: ${say('entry.pair_value')}`}
            value={pair.text}
            onChange={event => change(pair, { text: event.target.value })}
          />
          <IconButton
            icon="trash"
            label={say('entry.remove_pair', { name: pair.name })}
            onClick={() => set(pairs.filter(one => one !== pair))}
          />
        </div>
      ))}
      <Button
        className="button-small"
        icon="plus"
        aria-label={`${say('entry.add_pair')}: ${label}`}
        onClick={() => setPairs([...pairs, { id: Math.max(-1, ...pairs.map(one => one.id)) + 1, name: '', text: '' }])}
      >
        {say('entry.add_pair')}
      </Button>
      <Notes id={id} hint={hint} error={error} />
    </fieldset>
  );
}
