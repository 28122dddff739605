// What counts where no rule matches, and for how long verdicts are remembered.
import { request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { Facts } from '../../parts/facts';
import { Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useText } from '../../text/text';

interface Settings {
  readonly no_match: 'allow' | 'deny';
  readonly deny_action: 'ignore' | 'disconnect';
  readonly cache: { readonly enable: boolean; readonly max_size: number; readonly ttl: string };
}

export function SettingsPanel() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<Settings>('/authorization/settings');
  const act = useAction(answer.reload);
  const settings = answer.data;
  if (settings === undefined) {
    return null;
  }
  const change = (part: Partial<Settings>) =>
    act(() => request('PUT', '/authorization/settings', { body: { ...settings, ...part } }), say('settings.changed'));
  const other = settings.no_match === 'allow' ? 'deny' : 'allow';
  return (
    <Panel
      title={say('authorization.otherwise')}
      actions={
        mayWrite && (
          <>
            <Button className="button-small" onClick={() => change({ no_match: other })}>
              {say(other === 'allow' ? 'authorization.allow_rest' : 'authorization.deny_rest')}
            </Button>
            <Button
              className="button-small"
              onClick={() => act(() => request('DELETE', '/authorization/cache'), say('authorization.forgotten'))}
            >
              {say('authorization.forget')}
            </Button>
          </>
        )
      }
    >
      <Facts
        facts={[
          [say('authorization.no_match'), say(`verdict.${settings.no_match}`)],
          [say('authorization.deny_action'), say(`deny_action.${settings.deny_action}`)],
          [
            say('authorization.cache'),
            settings.cache.enable ? `${settings.cache.max_size} · ${settings.cache.ttl}` : say('word.no'),
          ],
        ]}
      />
    </Panel>
  );
}
