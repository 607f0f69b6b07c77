// What a parent should know: the list's age, a new device, the clock, and what the router itself complains of.

import { maybe, t } from '../../i18n';
import type { Status } from '../../types';
import { Icon, type IconName } from '../../ui/icon';
import { deviceTitle } from '../../model/devices';
import { useFamily } from '../../model/family';

/** From this age a list is worth a word, in days. */
const OLD = 30;

export function Notices({ status, link = false }: { status: Status | undefined; link?: boolean }) {
  const family = useFamily();
  if (!status) return null;
  const days = Math.floor((status.list.age_s ?? 0) / 86_400);
  const named = new Set(family?.device.map((device) => device.mac?.toLowerCase()));
  const strangers = family ? status.devices.filter((device) => !named.has(device.mac.toLowerCase())) : [];
  // What is said above in other words is not said twice.
  const own = status.concerns.filter(({ area, text }) => area !== 'list' || !text.startsWith('the list was refused'));
  const tunnels = own.filter(({ area }) => area === 'tunnel');
  const areas = [...new Set(own.map(({ area }) => area))].filter((area) => area !== 'tunnel');
  // Its hardware address or its network's comes first.
  const nameOf = (text: string) => {
    const [address = ''] = text.split(/: | /);
    const mac = status.devices.find(({ addresses }) => addresses.includes(address))?.mac ?? address;
    return family?.device.find((device) => device.mac?.toLowerCase() === mac.toLowerCase())?.name ?? address;
  };
  return (
    <>
      {status.list.state === 'refused' && <Notice>{t('notice_list_refused')}</Notice>}
      {days >= OLD && status.list.state !== 'starter' && <Notice>{t('notice_list_old', { n: days })}</Notice>}
      {link && strangers.length > 0 && (
        <Notice href="/thiet-bi" calm="device">
          {strangers.length === 1
            ? t('notice_new_device', { name: deviceTitle(strangers[0]!) })
            : t('notice_new_devices', { n: strangers.length })}
        </Notice>
      )}
      {link && status.update && (
        <Notice href="/cai-dat?muc=he-thong" calm="router">
          {t('program_update', { version: status.update })}
        </Notice>
      )}
      {status.root_is_open && <Notice>{t('notice_root')}</Notice>}
      {tunnels.map(({ text }) => (
        <Notice key={text}>{t('notice_tunnel', { name: nameOf(text) })}</Notice>
      ))}
      {areas.map((area) => (
        <details class="notice" key={area}>
          <summary>
            <Icon name="warn" />
            {maybe(`concern_${area}`) ?? t('concern_setup')}
          </summary>
          <ul lang="en">
            {own.map((concern) => concern.area === area && <li key={concern.text}>{concern.text}</li>)}
          </ul>
        </details>
      ))}
    </>
  );
}

function Notice({ href, calm, children }: { href?: string; calm?: IconName; children: string }) {
  const content = (
    <>
      <Icon name={calm ?? 'warn'} />
      <span>{children}</span>
      {href && <Icon name="next" />}
    </>
  );
  const kind = calm ? 'notice calm' : 'notice';
  return href ? (
    <a class={kind} href={href}>
      {content}
    </a>
  ) : (
    <p class={kind}>{content}</p>
  );
}
