// The TR-181 data model for bbfdm, held against its format as bbfdm's documents and parser have it, and against what it is
// mapped to: what ubus really says on the router, which calls it takes, which settings there are, what is documented.
//   node datamodel.mjs MODEL.json SERVICE.json SIGNATURES.json STATUS.json UCI FOR-ISPS.md
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

const [model, service, signatures, status] = process.argv.slice(2, 6).map((file) => JSON.parse(readFileSync(file, "utf8")));
const [settings, handbook] = process.argv.slice(6).map((file) => readFileSync(file, "utf8"));

let failed = 0;
function check(what, test) {
    try {
        test();
        console.log(`ok: ${what}`);
    } catch (error) {
        failed = 1;
        console.log(`FAILED: ${what}\n${error.message}`);
    }
}

// ---- The form, which shares nothing with the file ----

const ROOT = "Device.{BBF_VENDOR_PREFIX}Luytre.";
const TYPES = ["string", "boolean", "unsignedInt", "unsignedLong"];
const found = { parameters: [], commands: [] };

/** Exactly these members, those with `?` perhaps. */
function has(what, thing, ...members) {
    const known = members.map((member) => member.replace("?", ""));
    const wanted = members.filter((member) => !member.endsWith("?"));
    assert.equal(typeof thing, "object", what);
    for (const member of Object.keys(thing)) assert.ok(known.includes(member), `${what}: ${member} means nothing`);
    for (const member of wanted) assert.ok(member in thing, `${what}: ${member} is missing`);
}

function readObject(path, object) {
    const { type, protocols, access, array, dependency, ...children } = object;
    assert.deepEqual([type, protocols, access, array], ["object", ["cwmp", "usp"], false, false], path);
    if (dependency !== undefined) assert.match(dependency, /^file:\/etc\/config\/\w+$/, path);
    // bbfdm finds out by its first member what a thing is.
    assert.equal(Object.keys(object)[0], "type", path);
    for (const [name, child] of Object.entries(children)) {
        if (name.endsWith(".")) {
            // By its whole path, one step below.
            assert.match(name.slice(path.length), /^[A-Z][A-Za-z]+\.$/, name);
            assert.ok(name.startsWith(path), name);
            readObject(name, child);
        } else if (name.endsWith("()")) readCommand(path, name, child);
        else readParameter(path, name, child);
    }
}

function readParameter(path, name, parameter) {
    const what = path + name;
    assert.match(name, /^[A-Z][A-Za-z]+$/, what);
    // Names that bbfdm gives a meaning of their own.
    assert.doesNotMatch(name, /NumberOfEntries$|^Alias$/, what);
    has(what, parameter, "type", "read", "write", "protocols", "list?", "range?", "enumerations?", "mapping");
    const { type, read, write, protocols, list, range, enumerations, mapping } = parameter;
    assert.ok(TYPES.includes(type) && read === true && typeof write === "boolean", what);
    assert.deepEqual(protocols, ["cwmp", "usp"], what);
    if (list) assert.deepEqual([type, list], ["string", { datatype: "string" }], what);
    if (range) assert.ok(range.length === 1 && Number.isInteger(range[0].max), what);
    // Its parser has room for 16, the end among them.
    if (enumerations) assert.ok(enumerations.length < 16 && enumerations.every((word) => typeof word === "string"), what);
    assert.equal(mapping.length, 1, what);
    has(what, mapping[0], "type", mapping[0].type);
    if (mapping[0].type === "uci") {
        const { uci } = mapping[0];
        has(what, uci, "file", "section", list ? "list" : "option");
        has(what, uci.section, "name");
        found.parameters.push({ what, type, write, list: Boolean(list), uci: [uci.file, uci.section.name, (uci.list ?? uci.option).name] });
    } else {
        const { ubus } = mapping[0];
        has(what, ubus, "object", "method", "args", "key");
        assert.ok(!write && Object.keys(ubus.args).length === 0, `${what}: what ubus says is only read`);
        found.parameters.push({ what, type, write, ubus: [ubus.object, ubus.method, ubus.key] });
    }
}

function readCommand(path, name, command) {
    const what = path + name;
    has(what, command, "type", "async", "protocols", "input?", "output", "mapping");
    const { type, async, protocols, input = {}, output, mapping } = command;
    assert.deepEqual([type, typeof async, protocols, mapping.length, mapping[0].type], ["command", "boolean", ["usp"], 1, "ubus"], what);
    for (const [name, argument] of Object.entries({ ...input, ...output })) {
        has(`${what} ${name}`, argument, "type", "read", "write", "protocols");
        assert.ok(TYPES.includes(argument.type) && argument.protocols.join() === "usp", what);
    }
    has(what, mapping[0].ubus, "object", "method", "args?");
    found.commands.push({ what, input, output: Object.keys(output), ...mapping[0].ubus });
}

check("the data model has the form of bbfdm's plug-ins, version 2", () => {
    has("the file", model, "json_plugin_version", ROOT);
    assert.equal(model.json_plugin_version, 2);
    readObject(ROOT, model[ROOT]);
    assert.ok(found.parameters.length > 10 && found.commands.length === 2);
});

check("bbfdm is told where it belongs", () => {
    const { daemon } = service;
    has("the service", service, "daemon");
    has("the service", daemon, "enable", "service_name", "unified_daemon", "services", "config");
    assert.deepEqual([daemon.enable, daemon.service_name, daemon.unified_daemon], ["1", "luytre", false]);
    assert.deepEqual(daemon.services.map(({ parent_dm, object }) => `${parent_dm}${object}.`), [ROOT]);
});

// ---- What it is mapped to ----

/** The settings that /etc/config/luytre has or tells of, and whether each is a list. */
const options = new Map([...settings.matchAll(/^\t#?(option|list) (\w+) /gm)].map(([, kind, name]) => [name, kind === "list"]));
/** What ubus has nothing for now and then. */
const MAY_BE_NULL = ["update", "list.age_s", "list.heard", "policy", "policy.version"];

const mapped = found.parameters.filter(({ ubus }) => ubus);

check(`each of ${mapped.length} parameters by ubus is in what the router says, and of its type`, () => {
    for (const { what, type, ubus: [object, method, key] } of mapped) {
        assert.deepEqual([object, method in signatures], ["luytre", true], what);
        const above = key.split(".").slice(0, -1).join(".");
        const value = key.split(".").reduce((part, name) => (part === null ? null : part?.[name]), status);
        assert.notEqual(value, undefined, `${what}: there is no ${key}`);
        if (value === null) assert.ok(MAY_BE_NULL.includes(key) || MAY_BE_NULL.includes(above), what);
        // Of a list bbfdm tells how long it is.
        else if (Array.isArray(value)) assert.equal(type, "unsignedInt", what);
        else if (type.startsWith("unsigned")) assert.ok(Number.isInteger(value) && value >= 0, what);
        else assert.equal(typeof value, type, what);
    }
});

check("and nothing that the router says is left out, but settings", () => {
    const leaves = (thing, path) =>
        thing && typeof thing === "object" && !Array.isArray(thing)
            ? Object.entries(thing).flatMap(([name, part]) => leaves(part, [...path, name]))
            : [path.join(".")];
    const known = new Set([...mapped.map(({ ubus }) => ubus[2]), "enabled", "strict", "page_port"]);
    const isKnown = (leaf) => known.has(leaf) || mapped.some(({ ubus }) => ubus[2].startsWith(`${leaf}.`));
    assert.deepEqual(leaves(status, []).filter((leaf) => !isKnown(leaf)), []);
});

check("each parameter by uci is a setting of its kind", () => {
    const settable = found.parameters.filter(({ uci }) => uci);
    assert.ok(settable.length > 5);
    for (const { what, list, write, uci: [file, section, name] } of settable) {
        assert.deepEqual([file, section, write], ["luytre", "main", true], what);
        assert.equal(options.get(name), list, `${what}: ${name}`);
    }
});

check("each command is a call that the router takes, with its arguments", () => {
    for (const { what, input, output, object, method, args = {} } of found.commands) {
        assert.equal(object, "luytre", what);
        assert.deepEqual(Object.keys(args), Object.keys(signatures[method]), what);
        assert.deepEqual(Object.values(args), Object.keys(input).map((name) => `@Input.${name}`), what);
        assert.deepEqual(output, ["done", "error"], what);
    }
});

check("the handbook has each of them, and says which can be set", () => {
    const rows = [...handbook.matchAll(/^\| `((?:\w+\.)?\w+(?:\(\))?)` \| (read|set|call) \|/gm)].map(([, name, access]) => `${name} ${access}`);
    const short = (what) => what.slice(ROOT.length);
    const parameters = found.parameters.map(({ what, write }) => `${short(what)} ${write ? "set" : "read"}`);
    assert.deepEqual(rows.sort(), [...parameters, ...found.commands.map(({ what }) => `${short(what)} call`)].sort());
});

process.exit(failed);
