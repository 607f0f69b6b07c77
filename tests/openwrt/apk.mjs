// Reads packages and indexes of apk-tools 3 as a router would, by the format's description (apk-v3(5)) and not by the
// packager's code, and more strictly: what apk would overlook is an error here.
//   node apk.mjs show FILE                      the tree, as JSON
//   node apk.mjs verify INDEX KEY.pem [PACKAGE...]
//                                               the index's signature, and that it names each package by its hash
//   node apk.mjs unpack PACKAGE FOLDER          FOLDER/files, FOLDER/scripts and FOLDER/info.json
import { createHash, createPublicKey, verify } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { inflateRawSync } from "node:zlib";

const INFO = ["name", "version", "hashes", "description", "arch", "license", "origin", "maintainer", "url",
    "repo-commit", "build-time", "installed-size", "file-size", "provider-priority", "depends", "provides"];
const ACL = ["mode", "user", "group"];
const FILE = ["name", "acl", "size", "mtime", "hashes", "target"];
const FOLDER = ["name", "acl", "files"];
const SCRIPTS = ["trigger", "pre-install", "post-install", "pre-deinstall", "post-deinstall", "pre-upgrade",
    "post-upgrade"];
const BLOB_LENGTHS = { 8: 1, 9: 2, 10: 4 };
const [TREE, SIGNATURE, DATA] = [0, 1, 2];

function must(holds, what) {
    if (!holds) throw new Error(what);
}

/** The schema and the blocks of a file. */
function open(path) {
    const file = readFileSync(path);
    must(file.toString("latin1", 0, 4) === "ADBd", "it starts with ADBd");
    const { buffer: bytes, engine } = inflateRawSync(file.subarray(4), { info: true });
    must(engine.bytesWritten === file.length - 4, "nothing follows the deflated part");
    must(bytes.toString("latin1", 0, 4) === "ADB.", "ADB. stands before the schema");
    const blocks = [];
    for (let at = 8; at < bytes.length; ) {
        const head = bytes.readUInt32LE(at);
        const [type, length] = [head >>> 30, head & 0x3fffffff];
        must(length >= 4 && at + length <= bytes.length, "a block ends within the file");
        const next = at + Math.ceil(length / 8) * 8;
        must(bytes.subarray(at + length, next).every((byte) => byte === 0) && next <= bytes.length, "padding is zero");
        must(blocks.length === 0 ? type === TREE : type >= blocks.at(-1).type && type !== TREE, "blocks in order");
        blocks.push({ type, payload: bytes.subarray(at + 4, at + length) });
        at = next;
    }
    must(blocks.length > 0, "there is a tree");
    return { schema: bytes.toString("latin1", 4, 8), tree: blocks[0].payload, blocks };
}

/** The slots of an object or array, as words. */
function slots(tree, word, kind) {
    if (word === 0) return [];
    must(word >>> 28 === kind, `a value of the type ${kind.toString(16)}`);
    const at = word & 0xfffffff;
    must(at % 4 === 0, "words are aligned");
    const count = tree.readUInt32LE(at);
    must(count > 1, "empty objects are left out");
    const words = Array.from({ length: count - 1 }, (_, slot) => tree.readUInt32LE(at + 4 + 4 * slot));
    must(words.at(-1) !== 0, "an object ends with a value");
    return words;
}

const array = (tree, word) => slots(tree, word, 0xd);

function object(tree, word, names) {
    const words = slots(tree, word, 0xe);
    must(words.length <= names.length, "no field that is not known");
    return Object.fromEntries(names.map((name, slot) => [name, words[slot] ?? 0]));
}

function blob(tree, word) {
    if (word === 0) return Buffer.alloc(0);
    const size = BLOB_LENGTHS[word >>> 28];
    must(size, "a blob");
    const at = word & 0xfffffff;
    must(at % size === 0, "a blob's length is aligned");
    const length = tree.readUIntLE(at, size);
    must(at + size + length <= tree.length, "a blob ends within the tree");
    return tree.subarray(at + size, at + size + length);
}

const text = (tree, word) => new TextDecoder("utf-8", { fatal: true }).decode(blob(tree, word));

function number(tree, word) {
    const at = word & 0xfffffff;
    switch (word >>> 28) {
        case 1: return at;
        case 2: must(at % 4 === 0, "numbers are aligned"); return tree.readUInt32LE(at);
        default: throw new Error("a number");
    }
}

function root(tree, names) {
    must(tree.readUInt32LE(0) === 0, "the format's version is 0");
    return object(tree, tree.readUInt32LE(4), names);
}

function information(tree, word) {
    const words = object(tree, word, INFO);
    const told = {};
    for (const name of ["name", "version", "description", "arch", "license", "origin", "maintainer", "url"])
        told[name] = text(tree, words[name]);
    told.hash = blob(tree, words.hashes).toString("hex");
    told.installedSize = number(tree, words["installed-size"]);
    if (words["file-size"]) told.fileSize = number(tree, words["file-size"]);
    told.depends = array(tree, words.depends).map((each) => text(tree, object(tree, each, ["name", "version", "match"]).name));
    must(told.depends.join() === [...new Set(told.depends)].sort().join(), "dependencies are sorted, each once");
    must(/^[0-9]+(\.[0-9]+)*-r[0-9]+$/.test(told.version), "a version as apk orders them");
    return told;
}

function folders(tree, word) {
    const rights = (acl) => {
        const words = object(tree, acl, ACL);
        return { mode: number(tree, words.mode), user: text(tree, words.user), group: text(tree, words.group) };
    };
    const all = array(tree, word).map((each) => {
        const words = object(tree, each, FOLDER);
        const files = array(tree, words.files).map((each) => {
            const file = object(tree, each, FILE);
            must(file.target === 0, "no links");
            const hash = blob(tree, file.hashes).toString("hex");
            return { name: text(tree, file.name), ...rights(file.acl), size: number(tree, file.size),
                mtime: number(tree, file.mtime), hash };
        });
        must(isSorted(files), "files are sorted");
        return { name: text(tree, words.name), ...rights(words.acl), files };
    });
    must(isSorted(all) && all[0].name === "", "folders are sorted, the root first");
    return all;
}

function isSorted(entries) {
    return entries.every((each, at) => at === 0 || Buffer.compare(Buffer.from(entries[at - 1].name), Buffer.from(each.name)) < 0);
}

const sha = (kind, ...parts) => parts.reduce((hash, part) => hash.update(part), createHash(kind)).digest();

function readPackage(path) {
    const { schema, tree, blocks } = open(path);
    must(schema === "pckg", "it is a package");
    const parts = root(tree, ["info", "paths", "scripts"]);
    const info = information(tree, parts.info);
    // The identity is the start of the tree's hash while it is zero itself.
    const blank = Buffer.from(tree);
    const place = tree.indexOf(Buffer.from(info.hash, "hex"));
    blank.fill(0, place, place + 20);
    must(sha("sha256", blank).toString("hex", 0, 20) === info.hash, "its identity is its hash");
    const paths = folders(tree, parts.paths);
    const data = blocks.filter((block) => block.type === DATA);
    paths.forEach((folder, number) => folder.files.forEach((file, place) => {
        if (file.size === 0) return;
        const payload = data.shift()?.payload;
        must(payload?.readUInt32LE(0) === number + 1 && payload.readUInt32LE(4) === place + 1, "contents in order");
        file.contents = payload.subarray(8);
        must(file.contents.length === file.size, `${file.name} is as long as told`);
        must(sha("sha256", file.contents).toString("hex") === file.hash, `${file.name} has its hash`);
    }));
    must(data.length === 0, "no contents without a file");
    const size = paths.flatMap((folder) => folder.files).reduce((sum, file) => sum + file.size, 0);
    must(info.installedSize === size, "its installed size is that of its files");
    const words = object(tree, parts.scripts, SCRIPTS);
    const scripts = SCRIPTS.filter((name) => words[name]).map((name) => [name, text(tree, words[name])]);
    return { info, paths, scripts: Object.fromEntries(scripts), tree, fileSize: readFileSync(path).length };
}

function readIndex(path) {
    const { schema, tree, blocks } = open(path);
    must(schema === "indx", "it is an index");
    const packages = array(tree, root(tree, ["description", "packages"]).packages).map((each) => information(tree, each));
    must(isSorted(packages), "packages are sorted");
    return { packages, tree, signatures: blocks.slice(1).map((block) => block.payload) };
}

function verifyIndex(path, keyFile, files) {
    const { packages, tree, signatures } = readIndex(path);
    const key = createPublicKey(readFileSync(keyFile));
    const point = key.export({ type: "spki", format: "der" }).subarray(-65);
    const good = signatures.some((signature) => {
        const header = signature.subarray(0, 18);
        must(header[0] === 0 && header[1] === 4, "a signature of version 0 over SHA-512");
        if (!header.subarray(2).equals(sha("sha512", point).subarray(0, 16))) return false;
        const told = Buffer.concat([Buffer.from("indx"), header, sha("sha512", tree)]);
        return verify("sha512", told, key, signature.subarray(18));
    });
    must(good, "a signature is by this key");
    must(packages.length === files.length, "it names each package");
    for (const file of files) {
        const { info, tree, fileSize } = readPackage(file);
        const told = packages.find((each) => `${each.name}-${each.version}.apk` === basename(file));
        must(told, `${file} has the name that a router asks for`);
        must(told.hash === sha("sha256", tree).toString("hex") && told.fileSize === fileSize, `${file} has its hash`);
        must(told.arch === info.arch && told.depends.join() === info.depends.join(), `${file} says what the index says`);
    }
}

function unpack(path, folder) {
    const { info, paths, scripts } = readPackage(path);
    mkdirSync(join(folder, "scripts"), { recursive: true });
    writeFileSync(join(folder, "info.json"), JSON.stringify(info));
    for (const [name, script] of Object.entries(scripts)) writeFileSync(join(folder, "scripts", name), script, { mode: 0o755 });
    for (const { name, mode, user, group, files } of paths) {
        const here = join(folder, "files", name);
        mkdirSync(here, { recursive: true });
        chmodSync(here, mode);
        for (const file of files) {
            must([user, group, file.user, file.group].every((owner) => owner === "root"), "everything is root's");
            writeFileSync(join(here, file.name), file.contents ?? "");
            chmodSync(join(here, file.name), file.mode);
        }
    }
}

const [verb, file, ...rest] = process.argv.slice(2);
try {
    if (verb === "show") console.log(JSON.stringify(open(file).schema === "indx" ? readIndex(file).packages : readPackage(file).info, null, 1));
    else if (verb === "verify") verifyIndex(file, rest[0], rest.slice(1));
    else if (verb === "unpack") unpack(file, rest[0]);
    else throw new Error("show, verify or unpack");
} catch (error) {
    console.error(`${file}: it does not hold that ${error.message}`);
    process.exit(1);
}
