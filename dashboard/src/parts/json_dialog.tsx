// Something of many keys, written as JSON. Secrets come masked, and stay as they are where the mask is left.
import { useState } from 'react';
import { useText } from '../text/text';
import { Dialog } from './dialog';
import { TextArea } from './field';
import { Form } from './form';

export interface JsonDialogProps {
  readonly title: string;
  readonly value: unknown;
  onSave(value: unknown): Promise<void>;
  onClose(): void;
}

export function JsonDialog({ title, value, onSave, onClose }: JsonDialogProps) {
  const say = useText();
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const save = async () => {
    await onSave(JSON.parse(text));
    onClose();
  };
  return (
    <Dialog title={title} isWide onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={save} onCancel={onClose}>
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
