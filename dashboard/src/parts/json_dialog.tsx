// Something of many keys, written as JSON. Secrets come masked, and stay as they are where the mask is left.
import { useState } from 'react';
import { useText } from '../text/text';
import { Dialog } from './dialog';
import { type Choice, SelectField, TextArea } from './field';
import { Form } from './form';

export interface JsonDialogProps {
  readonly title: string;
  readonly value: unknown;
  // Where something new begins: a name, and what it is filled with.
  readonly templates?: Readonly<Record<string, unknown>>;
  onSave(value: unknown): Promise<void>;
  onClose(): void;
}

export function JsonDialog({ title, value, templates, onSave, onClose }: JsonDialogProps) {
  const say = useText();
  const names = Object.keys(templates ?? {});
  const [name, setName] = useState(names[0] ?? '');
  const [text, setText] = useState(() => written(templates?.[name] ?? value));
  const choices: readonly Choice[] = names.map(one => ({ value: one, label: one }));
  const save = async () => {
    await onSave(JSON.parse(text));
    onClose();
  };
  return (
    <Dialog title={title} isWide onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={save} onCancel={onClose}>
        {templates && (
          <SelectField
            label={say('json.template')}
            choices={choices}
            value={name}
            onChange={event => {
              setName(event.target.value);
              setText(written(templates[event.target.value]));
            }}
          />
        )}
        <TextArea
          label={say('json.text')}
          required
          rows={14}
          spellCheck={false}
          value={text}
          onChange={event => setText(event.target.value)}
        />
      </Form>
    </Dialog>
  );
}

function written(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
