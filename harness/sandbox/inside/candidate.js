// The judged side for JavaScript: runs the candidate's code, then answers calls to it as candidate.py does.
"use strict";
const fs = require("fs");
const vm = require("vm");

const kept = [];

function encode(value, out) {
  const sized = (tag, content) => {
    const head = Buffer.alloc(5);
    head.write(tag, 0, "latin1");
    head.writeUInt32BE(content.length, 1);
    out.push(head, content);
  };
  const counted = (tag, count) => {
    const head = Buffer.alloc(5);
    head.write(tag, 0, "latin1");
    head.writeUInt32BE(count, 1);
    out.push(head);
  };
  if (value === null || value === undefined) out.push(Buffer.from("N"));
  else if (typeof value === "boolean") out.push(Buffer.from(value ? "T" : "F"));
  else if (typeof value === "bigint" || Number.isSafeInteger(value)) sized("I", Buffer.from(value.toString(16)));
  else if (typeof value === "number") {
    const double = Buffer.alloc(9);
    double.write("D", 0, "latin1");
    double.writeDoubleBE(value, 1);
    out.push(double);
  } else if (typeof value === "string") sized("S", Buffer.from(value, "utf8"));
  else if (Array.isArray(value)) {
    counted("L", value.length);
    for (const item of value) encode(item, out);
  } else if (value instanceof Set) {
    counted("E", value.size);
    for (const item of value) encode(item, out);
  } else if (value instanceof Map || Object.getPrototypeOf(value) === Object.prototype) {
    const pairs = value instanceof Map ? [...value] : Object.entries(value);
    counted("M", 2 * pairs.length);
    for (const pair of pairs) for (const part of pair) encode(part, out);
  } else counted("R", kept.push(value) - 1);
  return out;
}

function decode(data) {
  let at = 0;
  const read = () => {
    const tag = String.fromCharCode(data[at++]);
    if (tag === "N") return null;
    if (tag === "T" || tag === "F") return tag === "T";
    if (tag === "D") return data.readDoubleBE((at += 8) - 8);
    const size = data.readUInt32BE((at += 4) - 4);
    if (tag === "R") return kept[size];
    if ("LUEZM".includes(tag)) {
      const items = Array.from({ length: size }, read);
      if (tag === "E" || tag === "Z") return new Set(items);
      return tag === "M" ? table(items) : items;
    }
    const content = data.subarray(at, (at += size)).toString("utf8");
    return tag === "I" ? integer(content) : content;
  };
  return read();
}

function integer(hex) {
  const size = BigInt("0x" + hex.replace("-", ""));
  const value = hex.startsWith("-") ? -size : size;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function table(parts) {
  const pairs = [];
  for (let i = 0; i < parts.length; i += 2) pairs.push([parts[i], parts[i + 1]]);
  return pairs.every(([name]) => typeof name === "string") ? Object.fromEntries(pairs) : new Map(pairs);
}

function send(file, content) {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(content.length, 0);
  let rest = Buffer.concat([head, content]);
  while (rest.length) rest = rest.subarray(fs.writeSync(file, rest));
}

function receive(file) {
  const exactly = (size) => {
    const data = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
      const got = fs.readSync(file, data, at, size - at, null);
      if (got === 0) process.reallyExit(0);
      at += got;
    }
    return data;
  };
  return exactly(exactly(4).readUInt32BE(0));
}

// Names of exceptions as Python says them.
const KINDS = { SyntaxError: "SyntaxError", TypeError: "TypeError", ReferenceError: "NameError", RangeError: "ValueError" };

function raised(error) {
  const refused = error && (error.code === "EACCES" || error.code === "EPERM");
  const name = error instanceof Error ? error.name : "Exception";
  const spent = error instanceof RangeError && /allocation failed/.test(error.message);
  const kind = refused ? "PermissionError" : spent ? "MemoryError" : KINDS[name] || "Exception";
  return Buffer.concat(encode(["raise", kind, `${name}: ${error && error.message}`.slice(0, 300)], []));
}

const VERBS = {
  name: (name) => {
    if (typeof name !== "string" || !/^[A-Za-z_$][\w$]*$/.test(name)) throw new ReferenceError(String(name));
    return [vm.runInThisContext(name), null];
  },
  call: (target, given) => [target(...given), given.some((one) => one instanceof Object) ? given : null],
  get: (thing, name) => [typeof thing[name] === "function" ? thing[name].bind(thing) : thing[name], null],
  item: (thing, key) => [thing[key], null],
  len: (thing) => [thing.length, null],
};

function answer(message) {
  try {
    const [verb, ...rest] = decode(message);
    if (!(verb in VERBS)) throw new TypeError(`JavaScript objects take no ${verb}`);
    const [result, now] = VERBS[verb](...rest);
    return Buffer.concat(encode(["ok", result, now], []));
  } catch (error) {
    return raised(error);
  }
}

function main() {
  const spec = decode(fs.readFileSync(0));
  send(spec.writing, Buffer.from("started"));
  try {
    Object.assign(globalThis, { require, module: { exports: {} } });
    vm.runInThisContext(spec.code, { filename: "candidate" });
    send(spec.writing, Buffer.concat(encode(["ok", null, null], [])));
  } catch (error) {
    send(spec.writing, raised(error));
    return;
  }
  for (;;) send(spec.writing, answer(receive(spec.reading)));
}

main();
