// Something of few fields, made or changed: what is written is kept here until it is saved as a whole.
import { type ReactNode, useState } from 'react';
import { useText } from '../text/text';
import { Dialog } from './dialog';
import { Form } from './form';
import { notify } from './notices';

export interface EditDialogProps<T> {
  readonly title: string;
  readonly first: T;
  // What is said when it is saved.
  readonly done: string;
  onSave(value: T): Promise<unknown>;
  onClose(): void;
  // The fields.
  children(value: T, change: (part: Partial<T>) => void): ReactNode;
}

export function EditDialog<T>({ title, first, done, onSave, onClose, children }: EditDialogProps<T>) {
  const say = useText();
  const [value, setValue] = useState(first);
  const save = async () => {
    await onSave(value);
    notify(done);
    onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={save} onCancel={onClose}>
        {children(value, part => setValue(one => ({ ...one, ...part })))}
      </Form>
    </Dialog>
  );
}
