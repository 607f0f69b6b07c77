'use strict';
'require form';
'require poll';
'require rpc';
'require ui';
'require view';

// How the service is, for who looks after the router. What concerns the family stands on its own page, behind its own
// accounts: nothing of it comes here.

const callStatus = rpc.declare({ object: 'luytre', method: 'status', expect: { '': {} } });
const callSync = rpc.declare({ object: 'luytre', method: 'sync', expect: { '': {} } });

const SECONDS = [ [ 86400, _('%d days') ], [ 3600, _('%d hours') ], [ 60, _('%d minutes') ], [ 1, _('%d seconds') ] ];

const LISTS = {
	starter: _('the short one that the program carries'),
	local: _('a file of this router'),
	current: _('from the centre, current'),
	stale: _('from the centre, which was not heard of for days'),
	refused: _('a newer one was refused; the one before is in force'),
};

const FIREWALLS = {
	on: _('closed: other resolvers, and where the family says so VPN and proxies'),
	off: _('open: the firewall is switched off'),
	away: _('closed as far as they were; the helper does not answer'),
	refused: _('open: the firewall does not take our rules'),
};

const CONCERNS = {
	setup: _('configuration'),
	list: _('list'),
	state: _('state folder'),
	firewall: _('firewall'),
	dnssec: _('validation of answers'),
	clock: _('date'),
};

function duration(seconds) {
	const [ unit, words ] = SECONDS.find(([ unit ]) => seconds >= unit) ?? SECONDS[SECONDS.length - 1];

	return words.format(Math.floor(seconds / unit));
}

function known(words, key) {
	return Object.hasOwn(words, key) ? words[key] : String(key);
}

function listInWords(list) {
	const parts = [ known(LISTS, list.state), _('%d names').format(list.names) ];

	if (list.serial > 0)
		parts.push(_('serial %d').format(list.serial));

	if (list.age_s != null)
		parts.push(_('made %s ago').format(duration(list.age_s)));

	return parts.join(', ');
}

function concernsInWords(status) {
	const concerns = status.concerns.map((area) => known(CONCERNS, area));

	if (status.root_is_open)
		concerns.push(_('root has no password: whoever lives here may switch everything off'));

	return concerns.length ? concerns.join(', ') : _('none');
}

// What is told, as rows of two texts.
function rows(status) {
	if (!status.running)
		return [
			[ _('Service'), status.enabled ? _('does not answer: dnsmasq answers, unfiltered') : _('switched off') ],
			[ _('Reason'), String(status.error ?? '') ],
		];

	return [
		[ _('Service'), _('answers, for %s').format(duration(status.uptime_s)) ],
		[ _('Version'), status.update ? _('%s; %s is out').format(status.version, status.update) : String(status.version) ],
		[ _('List'), listInWords(status.list) ],
		[ _('Upstream servers'), _('%d of %d answer').format(status.upstream.servers - status.upstream.down, status.upstream.servers) ],
		[ _('Ways round'), known(FIREWALLS, status.firewall) ],
		[ _('Strict mode'), status.strict ? _('on: supervised devices reach only what was answered to them') : _('off') ],
		[ _('Concerns'), concernsInWords(status) ],
	];
}

// E() takes a text alone for HTML, and the texts of an array for text.
function table(status) {
	return E('table', { 'class': 'table' }, rows(status).map(([ name, text ]) => E('tr', { 'class': 'tr' }, [
		E('td', { 'class': 'td left', 'width': '33%' }, [ name ]),
		E('td', { 'class': 'td left' }, [ text ]),
	])));
}

function familyPage(status) {
	const port = Number.isInteger(status.page_port) ? status.page_port : 8088;
	const address = 'http://%s:%d/'.format(window.location.hostname, port);

	return E('a', { 'class': 'btn cbi-button', 'href': address, 'target': '_blank', 'rel': 'noreferrer' }, [ _('Open the family\'s page') ]);
}

return view.extend({
	load() {
		return callStatus();
	},

	render(status) {
		const shown = E('div', {}, [ table(status) ]);
		const map = new form.Map('luytre', 'Luytre', _('Keeps harmful content out of the home. People, devices, rules and times are on the family\'s own page.'));
		const section = map.section(form.NamedSection, 'main', 'luytre');

		section.option(form.Flag, 'enabled', _('Enabled'), _('Switched off, dnsmasq answers as before, unfiltered.')).rmempty = false;

		poll.add(() => callStatus().then((status) => shown.replaceChildren(table(status))), 10);

		return map.render().then((settings) => E('div', {}, [
			settings,
			E('div', { 'class': 'cbi-section' }, [
				E('h3', {}, [ _('Status') ]),
				shown,
				familyPage(status), ' ',
				E('button', { 'class': 'btn cbi-button', 'click': ui.createHandlerFn(this, 'look') }, [ _('Look for a new list') ]),
			]),
		]));
	},

	look() {
		return callSync().then((told) => ui.addNotification(null, E('p', {}, [
			told.error ? String(told.error) : _('The service looks for a new list.'),
		])));
	},
});
