// Apps and services, group by group.

import { compare, named, t } from '../../i18n';
import { edit } from '../../model/family';
import { profileId, protection, setBlocked } from '../../model/profile';
import type { Named, Service } from '../../types';
import { act } from '../../ui/messages';
import { Button, Switch, useSearch } from '../../ui/parts';
import type { Parts } from './content';

export function Apps({ person, family, names }: Parts) {
  const [wanted, box] = useSearch(t('search_apps'));
  const holds = protection(family, names, profileId(person, names));
  const set = (what: string, services: Service[], allow: boolean) => {
    const keys = services.filter((service) => !service.essential).map((service) => service.key);
    const before = keys.filter((key) => holds.services.has(key));
    const change = () => edit((family) => setBlocked(family, names, person.id, 'services', keys, !allow));
    const undo = () =>
      edit((family) => {
        setBlocked(family, names, person.id, 'services', keys, false);
        setBlocked(family, names, person.id, 'services', before, true);
      });
    return act(change, t(allow ? 'content_allowed' : 'content_blocked', { what, name: person.name }), undo);
  };
  const found = names.services.filter((service) => named(service).toLocaleLowerCase().includes(wanted) || service.key.includes(wanted));
  const groups = [...new Map(found.map((service) => [service.group.key, service.group])).values()];
  return (
    <>
      {box}
      {groups.length === 0 && <p class="empty">{t('nothing_found')}</p>}
      {groups.map((group) => {
        const services = found.filter((service) => service.group.key === group.key).sort((a, b) => compare(named(a), named(b)));
        const blocked = services.filter((service) => holds.services.has(service.key)).length;
        return (
          <details key={group.key} class="card group" open={wanted !== ''}>
            <summary>
              <span>{named(group)}</span>
              <small>{count(services.length, blocked)}</small>
            </summary>
            <AllOf group={group} services={services} blocked={blocked} onSet={(allow) => set(named(group), services, allow)} />
            <div class="switches">
              {services.map((service) =>
                service.essential ? (
                  <p key={service.key} class="fixed">
                    <strong>{named(service)}</strong> <span class="small">{t('always_open')}</span>
                  </p>
                ) : (
                  <Switch
                    key={service.key}
                    label={named(service)}
                    hint={t(holds.services.has(service.key) ? 'state_blocked' : 'state_allowed')}
                    checked={!holds.services.has(service.key)}
                    onChange={(allow) => set(named(service), [service], allow)}
                  />
                ),
              )}
            </div>
          </details>
        );
      })}
    </>
  );
}

function count(all: number, blocked: number): string {
  if (blocked === 0) return t('apps_open', { n: all });
  return blocked === all ? t('apps_blocked', { n: all }) : t('apps_some', { n: blocked, all });
}

function AllOf({ group, services, blocked, onSet }: {
  group: Named;
  services: Service[];
  blocked: number;
  onSet(allow: boolean): void;
}) {
  const free = services.filter((service) => !service.essential).length;
  return (
    <div class="row" role="group" aria-label={named(group)}>
      {blocked < free && <Button onClick={() => onSet(false)}>{t('block_all')}</Button>}
      {blocked > 0 && <Button onClick={() => onSet(true)}>{t('allow_all')}</Button>}
    </div>
  );
}
