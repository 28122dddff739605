// How delayed messages are kept.
import { KeysDialog } from '../../parts/keys_dialog';
import { useText } from '../../text/text';

export function DelayedDialog({ onClose }: { onClose(): void }) {
  const say = useText();
  return (
    <KeysDialog
      title={say('delayed.title')}
      path="/mqtt/delayed"
      onClose={onClose}
      fields={[
        { key: 'enable', label: say('delayed.enable'), hint: say('delayed.enable_hint') },
        { key: 'max_delayed_messages', label: say('delayed.messages'), hint: say('keys.infinity_hint') },
      ]}
    />
  );
}
