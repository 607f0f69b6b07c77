// What somebody is kept from: their age's profile, and what the parents changed in it.

import type { AgeProfile, Family, Person, Profile } from '../types';
import { ageOf, type Names } from './names';

export interface Protection {
  /** The profile that ships and that it goes by. */
  base: AgeProfile;
  /** Whether parents changed something; then it no longer follows the age. */
  changed: boolean;
  categories: Set<string>;
  services: Set<string>;
  safe_search: string;
  youtube: string;
}

export type Kind = 'categories' | 'services';

/** The id of the profile that the age chooses, or that was chosen. */
export function profileId(person: Person, names: Names): string {
  if (person.profile) return person.profile;
  const age = ageOf(person) ?? 0;
  return (names.profiles.find(({ from, to }) => age >= from && age <= to) ?? names.profiles[0]!).id;
}

/** What holds by a profile, one of the family's own or one that ships. */
export function protection(family: Family, names: Names, id: string, depth = 0): Protection {
  const own = family.profile.find((profile) => profile.id === id);
  // An own profile's base stands before it, so this ends; the depth is for a document that says otherwise.
  if (own && depth < 8) return applied(own, protection(family, names, own.base, depth + 1), names);
  const base = names.profiles.find((profile) => profile.id === id) ?? names.profiles[0]!;
  return {
    base,
    changed: false,
    categories: new Set(base.blocks.flatMap((block) => block.categories)),
    services: new Set(base.blocks.flatMap((block) => block.services)),
    safe_search: base.safe_search,
    youtube: base.youtube,
  };
}

function applied(own: Profile, under: Protection, names: Names): Protection {
  const [categories, services] = [new Set(under.categories), new Set(under.services)];
  own.block?.forEach((key) => categories.add(key));
  own.permit?.forEach((key) => categories.delete(key));
  expand(own.block_services, names).forEach((key) => services.add(key));
  expand(own.permit_services, names).forEach((key) => services.delete(key));
  const { safe_search = '', youtube = '' } = own;
  return {
    base: under.base,
    changed: true,
    categories,
    services,
    safe_search: safe_search || under.safe_search,
    youtube: youtube || under.youtube,
  };
}

/** Services, with those of `group:…`. */
function expand(keys: string[] = [], names: Names): string[] {
  return keys.flatMap((key) =>
    key.startsWith('group:')
      ? names.services.filter(({ group }) => group.key === key.slice(6)).map((service) => service.key)
      : [key],
  );
}

const LISTS = { categories: ['block', 'permit'], services: ['block_services', 'permit_services'] } as const;

/** Blocks or permits something for one person, in a profile of their own; without a difference left, it is dropped. */
export function setBlocked(family: Family, names: Names, person: string, kind: Kind, keys: string[], blocked: boolean): void {
  alter(family, names, person, (own, under) => {
    const [block, permit] = LISTS[kind];
    const lists = { block: new Set(expandFor(kind, own[block], names)), permit: new Set(expandFor(kind, own[permit], names)) };
    for (const key of keys) {
      lists.block.delete(key);
      lists.permit.delete(key);
      if (under[kind].has(key) !== blocked) lists[blocked ? 'block' : 'permit'].add(key);
    }
    own[block] = [...lists.block];
    own[permit] = [...lists.permit];
  });
}

const expandFor = (kind: Kind, keys: string[] | undefined, names: Names) =>
  kind === 'services' ? expand(keys, names) : (keys ?? []);

export function setLevel(family: Family, names: Names, person: string, of: 'safe_search' | 'youtube', level: string): void {
  alter(family, names, person, (own, under) => {
    own[of] = under[of] === level ? '' : level;
  });
}

function alter(family: Family, names: Names, id: string, change: (own: Profile, under: Protection) => void): void {
  const person = family.person.find((person) => person.id === id);
  if (!person) return;
  const own = ownProfile(family, names, person);
  change(own, protection(family, names, own.base));
  const differs = [own.block, own.permit, own.block_services, own.permit_services].some((list) => list?.length);
  if (differs || own.safe_search || own.youtube) return;
  family.profile = family.profile.filter((profile) => profile !== own);
  if (person.birth_year && own.base === profileId({ ...person, profile: '' }, names)) delete person.profile;
  else person.profile = own.base;
}

/** The person's own profile; made where there is none, or where others go by it as well. */
function ownProfile(family: Family, names: Names, person: Person): Profile {
  const now = profileId(person, names);
  const found = family.profile.find((profile) => profile.id === now);
  const others =
    family.person.some((other) => other.id !== person.id && other.profile === now) ||
    family.device.some((device) => device.profile === now) ||
    family.profile.some((profile) => profile.base === now);
  if (found && !others) return found;
  let id = `${person.id}-own`;
  for (let n = 2; family.profile.some((profile) => profile.id === id); n++) id = `${person.id}-own-${n}`;
  const own: Profile = found ? { ...structuredClone(found), id } : { id, base: now };
  family.profile.push(own);
  person.profile = id;
  return own;
}

/** The age's profile again. */
export function followAge(family: Family, id: string): void {
  const person = family.person.find((person) => person.id === id);
  if (!person?.birth_year) return;
  const own = person.profile;
  delete person.profile;
  const used = family.person.some((other) => other.profile === own) || family.device.some((device) => device.profile === own);
  if (!used && !family.profile.some((profile) => profile.base === own)) {
    family.profile = family.profile.filter((profile) => profile.id !== own);
  }
}
