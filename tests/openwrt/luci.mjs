// The LuCI page under node, with a thin stand-in for LuCI's modules: what it calls, what it shows, in which words.
//   node luci.mjs APP SIGNATURES.json STATUS.json TRANSLATION.lmo
// APP is openwrt/luci-app-luytre; the signatures are what the rpcd plugin lists, the status what it said on the router.
import { strict as assert } from "node:assert";
import { readFileSync, existsSync } from "node:fs";
import { join } from "node:path";

const [app, signaturesFile, statusFile, translation] = process.argv.slice(2);
const json = (file) => JSON.parse(readFileSync(file, "utf8"));
const source = readFileSync(join(app, "htdocs/luci-static/resources/view/luytre.js"), "utf8");

let failed = 0;
async function check(what, test) {
    try {
        await test();
        console.log(`ok: ${what}`);
    } catch (error) {
        failed = 1;
        console.log(`FAILED: ${what}\n${error.message}`);
    }
}

// ---- LuCI, as far as the page sees it ----

// As LuCI's E(): a text that is the only child is HTML, those of an array are text.
class Node {
    constructor(tag, attributes = {}, children = []) {
        Object.assign(this, { tag, attributes, html: "" });
        if (Array.isArray(children) || children instanceof Node) this.replaceChildren(...[children].flat());
        else this.html = String(children);
    }
    replaceChildren(...children) {
        this.children = children.map((child) => (child instanceof Node ? child : String(child)));
    }
    get text() {
        return this.html + (this.children ?? []).map((child) => child.text ?? child).join(" ");
    }
    all(tag) {
        const below = (this.children ?? []).flatMap((child) => (child instanceof Node ? child.all(tag) : []));
        return this.tag === tag ? [this, ...below] : below;
    }
    get allHtml() {
        return this.html + (this.children ?? []).map((child) => child.allHtml ?? "").join("");
    }
}

// The page in one language, with a service that says `status`.
async function page(status, translate = (text) => text) {
    const calls = [];
    const seen = { declared: [], options: [], notifications: [], calls, polled: [] };
    String.prototype.format = function (...values) {
        return this.replace(/%[sd]/g, () => values.shift());
    };
    class Map {
        constructor(config) { seen.config = config; }
        section(_, name) {
            seen.section = name;
            return { option: (_, name) => { seen.options.push(name); return {}; } };
        }
        async render() { return new Node("form"); }
    }
    const modules = {
        form: { Map, NamedSection: {}, Flag: {} },
        poll: { add: (look) => seen.polled.push(look) },
        rpc: { declare: (call) => {
            seen.declared.push(call);
            return async (...told) => {
                calls.push([call.object, call.method, ...told]);
                return call.method === "status" ? seen.status : { done: "the daemon looks for a new list" };
            };
        } },
        ui: { createHandlerFn: (self, name) => () => self[name](), addNotification: (_, node) => seen.notifications.push(node) },
        view: { extend: (methods) => methods },
    };
    seen.status = status;
    const wanted = [...source.matchAll(/^'require (\w+)';$/gm)].map((match) => match[1]);
    for (const name of wanted) assert(modules[name], `LuCI has ${name}`);
    const make = new Function("E", "_", "window", ...wanted, source);
    const view = make((...told) => new Node(...told), translate, { location: { hostname: "192.168.1.1" } },
        ...wanted.map((name) => modules[name]));
    seen.node = await view.render(await view.load());
    return seen;
}

// ---- What is told where ----

const menu = json(join(app, "root/usr/share/luci/menu.d/luci-app-luytre.json"));
const acl = json(join(app, "root/usr/share/rpcd/acl.d/luci-app-luytre.json"));
const signatures = json(signaturesFile);
const status = json(statusFile);

await check("the menu names a view that is there and a right that is given", () => {
    for (const entry of Object.values(menu)) {
        assert(existsSync(join(app, "htdocs/luci-static/resources/view", `${entry.action.path}.js`)));
        for (const right of entry.depends.acl) assert(acl[right], right);
    }
});

await check("the page calls what its right lists, and the service has it", async () => {
    const { declared } = await page(status);
    const { read, write } = acl["luci-app-luytre"];
    const allowed = [...read.ubus.luytre, ...write.ubus.luytre];
    assert.deepEqual(declared.map((call) => call.method).sort(), [...allowed].sort());
    for (const call of declared) assert(call.object === "luytre" && call.method in signatures, call.method);
});

await check("looking gives no right to change anything", () => {
    assert.deepEqual(acl["luci-app-luytre"].read.ubus, { luytre: ["status"] });
});

await check("it shows the service, the list and the ways round, and leads to the family's page", async () => {
    const { node, config, options } = await page(status);
    for (const text of [status.version, `${status.list.names} names`, "the short one that the program carries"])
        assert(node.text.includes(text), `${text} in: ${node.text}`);
    assert.equal(node.all("a")[0].attributes.href, "http://192.168.1.1:8088/");
    assert.deepEqual([config, options], ["luytre", ["enabled"]]);
});

await check("it says so when the service is off or does not answer", async () => {
    for (const [enabled, words] of [[false, "switched off"], [true, "dnsmasq answers, unfiltered"]])
        assert((await page({ enabled, running: false, error: "why" })).node.text.includes(words));
});

await check("and that a newer version is out", async () => {
    assert((await page({ ...status, update: "9.1.0" })).node.text.includes("9.1.0 is out"));
});

await check("what changes is shown", async () => {
    const seen = await page(status);
    seen.status = { ...status, firewall: "refused" };
    await seen.polled[0]();
    assert(seen.node.text.includes("does not take our rules"));
});

await check("a list is looked for by the button", async () => {
    const seen = await page(status);
    await seen.node.all("button")[0].attributes.click();
    assert.deepEqual(seen.calls.at(-1), ["luytre", "sync"]);
    assert.match(seen.notifications[0].text, /looks for a new list/);
});

await check("hostile values are text, and lead nowhere", async () => {
    const evil = "<img src=x onerror=alert(1)>";
    const told = {
        ...status, version: evil, update: evil, firewall: evil, page_port: "80/@evil.example/", concerns: [evil, "__proto__"],
        list: { ...status.list, state: evil },
    };
    for (const status of [told, { enabled: true, running: false, error: evil }]) {
        const { node } = await page(status);
        assert(!node.allHtml.includes("<img") && node.text.includes(evil));
        assert.equal(node.all("a")[0].attributes.href, "http://192.168.1.1:8088/");
    }
});

// ---- Vietnamese ----

// Paul Hsieh's SuperFastHash once more, by what LuCI's page does with it: numbers of 32 bits that wrap round.
function hashOf(text) {
    const bytes = Buffer.from(text);
    const at = (offset) => bytes.readUInt16LE(offset);
    let value = bytes.length | 0;
    const end = bytes.length - (bytes.length % 4);
    for (let offset = 0; offset < end; offset += 4) {
        value = (value + at(offset)) | 0;
        value = (value << 16) ^ ((at(offset + 2) << 11) ^ value);
        value = (value + (value >>> 11)) | 0;
    }
    const step = (added, left, more, right) => {
        value = (value + added) | 0;
        value ^= value << left;
        value ^= more;
        value = (value + (value >>> right)) | 0;
    };
    if (bytes.length % 4 === 3) step(at(end), 16, bytes.readInt8(end + 2) << 18, 11);
    if (bytes.length % 4 === 2) step(at(end), 11, 0, 17);
    if (bytes.length % 4 === 1) step(bytes.readInt8(end), 10, 0, 1);
    for (const [left, right] of [[3, 5], [4, 17], [25, 6]]) {
        value ^= value << left;
        value = (value + (value >>> right)) | 0;
    }
    return value >>> 0;
}

await check("texts have the hashes that LuCI's own code gives them", () => {
    const known = { Save: 0x219966c7, a: 0x115ea782, ab: 0x516b8b44, abc: 0xd2be198a, "Việt": 0xd82f342a };
    for (const [text, hash] of Object.entries(known)) assert.equal(hashOf(text), hash, text);
});

const lmo = readFileSync(translation);
const index = lmo.readUInt32BE(lmo.length - 4);
const said = new Map();
for (let at = index; at < lmo.length - 4; at += 16) {
    const [hash, , offset, length] = [0, 4, 8, 12].map((field) => lmo.readUInt32BE(at + field));
    said.set(hash, lmo.toString("utf8", offset, offset + length));
}

await check("every text is there in Vietnamese, with its numbers, and no other", () => {
    const texts = [...source.matchAll(/_\('((?:[^'\\]|\\.)*)'\)/g)].map((match) => match[1].replaceAll("\\'", "'"));
    for (const text of texts) {
        const vietnamese = said.get(hashOf(text));
        assert(vietnamese && vietnamese !== text, text);
        assert.deepEqual(vietnamese.match(/%[sd]/g), text.match(/%[sd]/g), text);
    }
    assert.equal(said.size, new Set(texts).size);
    assert.deepEqual([...said.keys()], [...said.keys()].sort((a, b) => a - b), "LuCI seeks by halves");
});

await check("the page speaks it", async () => {
    const { node } = await page(status, (text) => said.get(hashOf(text)) ?? text);
    assert(node.text.includes("Mở trang của gia đình") && node.text.includes("Danh sách"), node.text);
});

process.exit(failed);
