// Text of a form that mostly stands in a file: chosen, or pasted.
import { type ChangeEvent, type ReactNode, useId, useRef } from 'react';
import { useText } from '../text/text';
import { Button } from './button';
import { described, Field } from './field';
import { notify } from './notices';

export interface TextFileFieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly required?: boolean;
  readonly value: string;
  onText(text: string): void;
}

// What the API takes, in bytes.
const BYTES_MAX = 1 << 20;

export function TextFileField({ label, hint, error, required = false, value, onText }: TextFileFieldProps) {
  const say = useText();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const read = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = '';
    if (file && file.size > BYTES_MAX) {
      notify(say('field.file_too_large', { name: file.name }));
    } else if (file) {
      onText(await file.text());
    }
  };
  return (
    <Field
      id={id}
      label={label}
      hint={hint}
      error={error}
      actions={
        <>
          <input ref={input} type="file" hidden tabIndex={-1} aria-label={label} onChange={read} />
          <Button
            className="button-small"
            aria-label={`${say('field.choose_file')}: ${label}`}
            onClick={() => input.current?.click()}
          >
            {say('field.choose_file')}
          </Button>
        </>
      }
    >
      <textarea
        id={id}
        className="control"
        rows={3}
        spellCheck={false}
        required={required}
        {...described(id, hint, error)}
        value={value}
        onChange={event => onText(event.target.value)}
      />
    </Field>
  );
}
