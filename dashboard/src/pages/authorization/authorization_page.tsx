// What clients may do: the sources of rules and a request tried out, or the rules of the built-in database.
import { useRoute } from '../../state/route';
import { BuiltInRules } from './built_in_rules';
import { SourceList } from './source_list';

export function AuthorizationPage() {
  const [source] = useRoute().rest;
  return source === undefined ? <SourceList /> : <BuiltInRules />;
}
