// All clients, or one of them.
import { useRoute } from '../../state/route';
import { ClientDetail } from './client_detail';
import { ClientList } from './client_list';

export function ClientsPage() {
  const { rest } = useRoute();
  const [id] = rest;
  return id === undefined ? <ClientList /> : <ClientDetail key={id} id={id} />;
}
