// Is what Drover asks of a Kubernetes also what a newer one understands? Holds each of its requests that a real API server
// wrote down (its audit log, bodies included) against the official JavaScript client, which is generated from the
// OpenAPI of a later release: the operation must exist there, and take the query's parameters and each field of the body.
//   node newer_api.mjs AUDIT-LOG CLIENT-FOLDER      CLIENT-FOLDER: where npm put @kubernetes/client-node
// Versions of groups are discovered; 1.20 has two that have become v1 since (policy and batch), and a test asks for one that
// would go (rbac), to be warned of it; these are read as v1.
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const [auditLog, clientFolder] = process.argv.slice(2);
const generated = path.join(clientFolder, 'node_modules/@kubernetes/client-node/dist/gen');
const models = await import(pathToFileURL(path.join(generated, 'models/all.js')));
const release = /OpenAPI spec version: (\S+)/.exec(fs.readFileSync(path.join(generated, 'models/V1Pod.js'), 'utf8'))[1];

/** Every operation of the client: its method, its path as segments (null: a variable), parameters, and the body's model.
    Read, not imported: what sends them wants the newest Node. */
function readOperations() {
  const folder = path.join(generated, 'apis');
  const texts = fs.readdirSync(folder).filter((name) => name.endsWith('Api.js') && name !== 'CustomObjectsApi.js')
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
  const parts = texts.flatMap((text) => text.split(/^ {4}async (?=\w+\()/m).slice(1));
  const answers = new Map(parts.map((text) => [/^\w+/.exec(text)[0], /contentType\), "(\w+)"/.exec(text)?.[1]]));
  return parts.flatMap((text) => {
    const template = /localVarPath = '([^']+)'/.exec(text);
    return template ? [{
      name: /^\w+/.exec(text)[0], method: /HttpMethod\.([A-Z]+)/.exec(text)[1],
      segments: template[1].split('/').map((segment) => (segment.startsWith('{') ? null : segment)),
      parameters: new Set([...text.matchAll(/setQueryParam\("([^"]+)"/g)].map((found) => found[1])),
      body: /serialize\(body, "([^"]+)"/.exec(text)?.[1], answer: answers.get(/^\w+/.exec(text)[0] + 'WithHttpInfo'),
    }] : [];
  });
}

const isSame = (segments, asked) => segments.length === asked.length && segments.every((segment, i) => segment === null || segment === asked[i]);
/** The one with most words of its own: .../pods/{name}/log is no pod's proxy. */
function findOperation(operations, method, asked) {
  const fits = operations.filter((operation) => operation.method === method && isSame(operation.segments, asked));
  const words = (operation) => operation.segments.filter((segment) => segment !== null).length;
  return fits.sort((a, b) => words(b) - words(a))[0];
}

/** What of a body the model does not know, as `path: complaint`. Patches may leave out and delete (null) what they like. */
function unknownOf(value, type, where, complaints) {
  const complain = (what) => complaints.push(`${where}: ${what}`);
  if (value === null || type === 'any' || type === 'object') return;
  const list = /^(?:Array|Set)<(.+)>$/.exec(type);
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type);
  if (list) {
    if (!Array.isArray(value)) return complain(`no list, but ${type} is wanted`);
    value.forEach((item, i) => unknownOf(item, list[1], `${where}[${i}]`, complaints));
  } else if (map) {
    if (typeof value !== 'object') return complain(`no map, but ${type} is wanted`);
    for (const [key, item] of Object.entries(value)) unknownOf(item, map[1], `${where}.${key}`, complaints);
  } else if (type === 'IntOrString') {
    if (!['string', 'number'].includes(typeof value)) complain(`a ${typeof value}, but a number or text is wanted`);
  } else if (type === 'Date' || type === 'V1MicroTime') {
    if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) complain('no time');
  } else if (['string', 'number', 'boolean'].includes(type)) {
    if (typeof value !== type) complain(`a ${typeof value}, but a ${type} is wanted`);
  } else {
    unknownFields(value, type, where, complaints);
  }
}
function unknownFields(value, type, where, complaints) {
  if (!models[type]) return complaints.push(`${where}: no model called ${type}`);
  if (typeof value !== 'object' || Array.isArray(value)) return complaints.push(`${where}: no object, but ${type} is wanted`);
  const attributes = new Map(models[type].getAttributeTypeMap().map((attribute) => [attribute.baseName, attribute.type]));
  for (const [key, item] of Object.entries(value)) {
    if (attributes.has(key)) unknownOf(item, attributes.get(key), `${where}.${key}`, complaints);
    else complaints.push(`${where}.${key}: ${type} has no such field`);
  }
}

const methods = { get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETE' };
/** Complaints of one request; [] when a newer server takes it. */
function judge(operations, event) {
  const url = new URL(event.requestURI.replace(/^\/apis\/(policy|batch|rbac\.authorization\.k8s\.io)\/v1beta1\//, '/apis/$1/v1/'), 'https://server');
  const asked = url.pathname.replace(/\/$/, '').split('/');
  // The verb of a connection (exec, portforward) says what it does, not how it was asked for: a websocket begins with GET.
  const isConnection = /\/(exec|attach|portforward)$/.test(url.pathname);
  const method = isConnection ? 'GET' : methods[event.verb];
  const operation = findOperation(operations, method, asked) ?? findOperation(operations, method, [...asked, '']);
  if (!operation) return [`${method} ${url.pathname}: no such operation`];
  const complaints = [...url.searchParams.keys()].filter((key) => !operation.parameters.has(key)).map((key) => `${operation.name}: no parameter ${key}`);
  const body = event.requestObject;
  if (body && !Array.isArray(body)) {
    // What is patched is of the kind that is answered.
    const model = operation.body === 'any' || operation.body === 'object' ? operation.answer : operation.body;
    if (model) unknownFields(body, model, operation.name, complaints);
    else complaints.push(`${operation.name}: takes no body`);
  }
  return complaints;
}

const operations = readOperations();
// Groups of Kubernetes itself have no dot, or end so.
const isCustom = ([, root, group]) => root === 'apis' && group?.includes('.') && !group.endsWith('.k8s.io');
// Not of the generated client's paths: what every server answers beside its resources.
const isGeneral = (pathname) => /^\/(version|readyz|livez|healthz|openapi\/.*|api|apis(\/[^/]+\/[^/]+)?)\/?$/.test(pathname);
const seen = new Set(), failures = new Map();
let requests = 0, custom = 0, general = 0;

for await (const line of readline.createInterface({ input: fs.createReadStream(auditLog) })) {
  const event = JSON.parse(line);
  if (event.stage === 'RequestReceived' || !event.userAgent?.startsWith('drover')) continue;
  const pathname = new URL(event.requestURI, 'https://server').pathname;
  // Asked on purpose for what no server has; 403 and 404 alike are answers to tests of refusals.
  if (event.requestURI.includes('no-such')) continue;
  requests += 1;
  if (isGeneral(pathname)) { general += 1; continue; }
  if (isCustom(pathname.split('/'))) { custom += 1; continue; }
  const key = `${event.verb} ${pathname.replace(/\/namespaces\/[^/]+/, '/namespaces/*')}`;
  for (const complaint of judge(operations, event)) failures.set(complaint, key);
  seen.add(key);
}

for (const [complaint, key] of failures) console.log(`FAIL ${complaint}   (${key})`);
console.log(`${requests} requests by Drover, ${seen.size} different (${custom} of custom resources, ${general} general), ` +
  `${failures.size} that ${release} does not take`);
// A log without requests says nothing of them.
process.exit(failures.size || seen.size < 10 ? 1 : 0);
