// Keys to change, as HOCON: taken over at once and kept, or refused as a whole.
import { useState } from 'react';
import { requestText } from '../../api/request';
import { Dialog } from '../../parts/dialog';
import { TextArea } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { useText } from '../../text/text';

export function LoadDialog({ text: first, onClose }: { text: string; onClose(): void }) {
  const say = useText();
  const [text, setText] = useState(first);
  const load = async () => {
    await requestText('PUT', '/configs', { query: { mode: 'merge' }, body: text });
    notify(say('settings.changed'));
    onClose();
  };
  return (
    <Dialog title={say('settings.change')} isWide onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={load} onCancel={onClose}>
        <TextArea
          label={say('settings.hocon')}
          hint={say('settings.hocon_hint')}
          required
          autoFocus
          rows={8}
          spellCheck={false}
          value={text}
          onChange={event => setText(event.target.value)}
        />
      </Form>
    </Dialog>
  );
}
