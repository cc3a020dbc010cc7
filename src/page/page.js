/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The web page of a DHCP server: commands by POST, events by EventSource. What a server or a client sends becomes text
 * (textContent), never HTML.
 */
"use strict";

const PAGE = 50, EVENTS = 200, POOLS = 50, SAMPLES = 300, POLL_MS = 5000;
/* Without the user and password that the address may have: fetch() would reject them. */
const BASE = location.origin + location.pathname.replace(/[^/]*$/, "");
const $ = (id) => document.getElementById(id);
const state = { family: 4, may: new Set(), stack: [], from: "start", search: "", last: null, samples: new Map(), prefixes: new Map(),
	failed: false, generation: 0 };

function make(tag, text, label) {
	const e = document.createElement(tag);

	if (text !== undefined)
		e.textContent = text;
	if (label)
		e.dataset.label = label;
	return e;
}

/* Returns the response, whatever its result is. */
async function ask(command, args) {
	const r = await fetch(BASE, { method: "POST", headers: { "Content-Type": "application/json" },
		body: JSON.stringify(args ? { command, arguments: args } : { command }) });

	if (!r.ok)
		throw new Error(`HTTP ${r.status}`);
	return (await r.json())[0];
}

/* --- health --- */

function duration(sec) {
	if (sec < 60)
		return `${Math.floor(sec)} s`;
	if (sec < 3600)
		return `${Math.floor(sec / 60)} min`;
	if (sec < 86400)
		return `${Math.floor(sec / 3600)} h ${Math.floor(sec / 60) % 60} min`;
	return `${Math.floor(sec / 86400)} d ${Math.floor(sec / 3600) % 24} h`;
}

function showHealth(text, isBad) {
	$("health").textContent = text;
	$("health").classList.toggle("bad", isBad);
}

async function readHealth() {
	const r = await ask("status-get"), v = r.arguments || {};

	if (r.result)
		showHealth(r.text, false);
	else if (v["dhcp-state"]["globally-disabled"])
		showHealth("The service is disabled: clients get no response.", true);
	else if (v.sockets.status !== "ready")
		showHealth((v.sockets.errors || []).join("; "), true);
	else
		showHealth(`Up for ${duration(v.uptime)}, configuration in service for ${duration(v.reload)}.`, false);
}

/* --- pools --- */

const UNITS = { 4: [["total-addresses", "assigned-addresses", ""]],
	6: [["total-nas", "assigned-nas", ""], ["total-pds", "assigned-pds", " prefixes"]] };

/* "2026-11-30 08:00:00.123456" in the server's time zone: seconds, for differences. */
function stamp(text) {
	const v = Date.parse(text.replace(" ", "T").slice(0, 23) + "Z");

	return Number.isNaN(v) ? 0 : v / 1000;
}

/* Adds what the server remembers, and what this page has seen. */
function remember(key, list) {
	const known = state.samples.get(key) || [];
	const latest = known.length ? known[known.length - 1][0] : 0;
	const more = list.map(([value, at]) => [stamp(at), Number(value)]).filter(([at]) => at > latest).sort((a, b) => a[0] - b[0]);
	const all = known.concat(more).slice(-SAMPLES);

	state.samples.set(key, all);
	return all;
}

function chart(samples, total, label) {
	const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
	const first = samples[0][0], span = Math.max(samples[samples.length - 1][0] - first, 1);
	const points = samples.map(([at, v]) => [100 * (at - first) / span, 20 - 19 * Math.min(v / total, 1)]);
	const title = document.createElementNS(ns, "title");

	points.push([100, points[points.length - 1][1]]);
	title.textContent = label;
	svg.setAttribute("viewBox", "0 0 100 20");
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("role", "img");
	svg.append(title);
	for (const [tag, v] of [["polygon", [[0, 20], ...points, [100, 20]]], ["polyline", points]]) {
		const e = document.createElementNS(ns, tag);

		e.setAttribute("points", v.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" "));
		svg.append(e);
	}
	return svg;
}

function usesOf(stats) {
	const uses = [];

	for (const [total, assigned, what] of UNITS[state.family]) {
		for (const name of Object.keys(stats)) {
			const m = /^subnet\[(\d+)\]\.([a-z-]+)$/.exec(name);

			if (!m || m[2] !== total)
				continue;
			const list = stats[`subnet[${m[1]}].${assigned}`], n = Number(stats[name][0][0]);

			if (n > 0 && list && list.length)
				uses.push({ id: Number(m[1]), what, total: n, used: Number(list[0][0]), list });
		}
	}
	return uses.sort((a, b) => b.used / b.total - a.used / a.total || a.id - b.id);
}

function poolRow(u) {
	const row = make("tr"), part = 100 * Math.min(u.used / u.total, 1), use = make("td", undefined, "Use"), bar = make("progress");
	const over = make("td", undefined, "Over time"), name = (state.prefixes.get(u.id) || `subnet ${u.id}`) + u.what;
	const used = make("td", u.used.toLocaleString("en"), "In use"), total = make("td", u.total.toLocaleString("en"), "Total");

	bar.max = 100;
	bar.value = part;
	bar.className = part >= 95 ? "bad" : part >= 80 ? "warn" : "";
	bar.setAttribute("aria-label", `${name} in use`);
	use.append(bar, ` ${part.toFixed(1)} %`);
	used.className = total.className = "number";
	over.append(chart(remember(`${u.id}${u.what}`, u.list), u.total, `Use of ${name} over time`));
	row.append(make("td", name, "Subnet"), use, used, total, over);
	return row;
}

async function readPools() {
	const r = await ask("statistic-get-all");

	if (r.result) {
		$("pool-note").textContent = r.text;
		return;
	}
	const uses = usesOf(r.arguments);

	$("pool-rows").replaceChildren(...uses.slice(0, POOLS).map(poolRow));
	$("pool-note").textContent = uses.length > POOLS ? `The fullest ${POOLS} of ${uses.length}.` : uses.length ? "" : "No pools.";
}

async function readPrefixes() {
	const r = await ask(`subnet${state.family}-list`);

	for (const s of (r.arguments && r.arguments.subnets) || [])
		state.prefixes.set(s.id, s.subnet);
}

/* --- leases --- */

const STATES = ["active", "declined", "expired", "released", "registered"];

function keyOf(lease) {
	return lease["ip-address"] + (lease.type === "IA_PD" ? `/${lease["prefix-len"]}` : "");
}

function stateOf(lease) {
	if (lease.state === 0 && lease["valid-lft"] !== 4294967295 && lease.cltt + lease["valid-lft"] <= Date.now() / 1000)
		return "expired";
	return STATES[lease.state] || String(lease.state);
}

function expiry(lease) {
	return lease["valid-lft"] === 4294967295 ? "never" : new Date(1000 * (lease.cltt + lease["valid-lft"])).toLocaleString();
}

async function endLease(lease, button) {
	if (button.textContent === "End") {
		button.textContent = "Really end?";
		return;
	}
	const args = { "ip-address": lease["ip-address"], "update-ddns": true };

	if (lease.type)
		args.type = lease.type;
	button.disabled = true;
	try {
		const r = await ask(`lease${state.family}-del`, args);

		$("lease-note").textContent = r.text || "";
	} catch (e) {
		$("lease-note").textContent = `The lease could not be ended: ${e.message}`;
	}
}

function leaseRow(lease, what) {
	const row = make("tr"), last = make("td", undefined, ""), key = keyOf(lease);
	const subnet = make("td", lease["subnet-id"], "Subnet");

	row.dataset.key = key;
	subnet.className = "number";
	if (what === "new")
		row.className = "new";
	if (what === "ended")
		row.className = "ended";
	if (what !== "ended" && state.may.has(`lease${state.family}-del`)) {
		const button = make("button", "End");

		button.type = "button";
		button.className = "danger";
		button.setAttribute("aria-label", `End the lease of ${key}`);
		button.addEventListener("click", () => endLease(lease, button));
		last.append(button);
	}
	row.append(make("td", key, "Address"), make("td", lease["hw-address"] || lease.duid || lease["client-id"] || "-", "Client"),
		make("td", lease.hostname || "-", "Host name"), subnet, make("td", what === "ended" ? "ended" : stateOf(lease), "State"),
		make("td", expiry(lease), "Expires"), last);
	row.children[1].classList.add("mono", "wraps");
	row.children[2].classList.add("wraps");
	return row;
}

async function readLeases() {
	const generation = ++state.generation;
	const args = { from: state.from, limit: PAGE };

	if (state.search)
		args.search = state.search;
	$("lease-note").textContent = "Reading ...";
	const r = await ask(`lease${state.family}-get-page`, args);

	/* Another search has begun meanwhile. */
	if (generation !== state.generation)
		return;
	const leases = (r.arguments && r.arguments.leases) || [];

	state.last = leases.length ? leases[leases.length - 1]["ip-address"] : null;
	$("lease-rows").replaceChildren(...leases.map((l) => leaseRow(l)));
	$("previous").disabled = !state.stack.length;
	$("next").disabled = leases.length < PAGE;
	$("lease-note").textContent = r.result && r.result !== 3 ? r.text : leases.length ? `Page ${state.stack.length + 1}` : "No leases.";
}

function failed(e) {
	$("lease-note").textContent = `The leases cannot be read: ${e.message}`;
}

function turnTo(from, stack) {
	state.from = from;
	state.stack = stack;
	readLeases().catch(failed);
}

let refresh = 0;

/* A lease has changed: its row at once; a new one appears with the page. */
function changeLease(name, lease) {
	const row = [...$("lease-rows").children].find((r) => r.dataset.key === keyOf(lease));
	const ended = ["lease-released", "lease-expired", "lease-deleted"].includes(name);

	if (row)
		row.replaceWith(leaseRow(name === "lease-declined" ? { ...lease, state: 1 } : lease, ended ? "ended" : "new"));
	else if (!ended && !refresh)
		refresh = setTimeout(() => {
			refresh = 0;
			readLeases().catch(failed);
		}, 1000);
}

/* --- events --- */

function eventText(v) {
	if (v.lease)
		return `${keyOf(v.lease)} ${v.lease["hw-address"] || v.lease.duid || ""} ${v.lease.hostname || ""}`;
	if (v.event === "rates")
		return `received ${v.received}, sent ${v.sent}` +
			Object.entries(v.dropped).map(([why, n]) => `, dropped ${n} (${why})`).join("");
	if (v.event === "lost")
		return v.count ? `${v.count} events` : "some events";
	return v.text || "";
}

function showEvent(v) {
	const item = make("li", `${v.time ? new Date(1000 * v.time).toLocaleTimeString() : ""} ${v.event} ${eventText(v)}`);
	const list = $("event-rows");

	if (v.ok === false)
		item.className = "fail";
	list.prepend(item);
	while (list.children.length > EVENTS)
		list.lastChild.remove();
	if (v.lease)
		changeLease(v.event, v.lease);
}

function follow() {
	const source = new EventSource(`${BASE}events`);

	source.onmessage = (m) => showEvent(JSON.parse(m.data));
	source.onopen = () => document.body.classList.add("live");
	source.onerror = () => document.body.classList.remove("live");
}

/* --- why --- */

function render(v) {
	if (Array.isArray(v) || (v && typeof v === "object")) {
		const list = make("dl");

		for (const [name, item] of Object.entries(v)) {
			if (!Array.isArray(v))
				list.append(make("dt", name));
			const dd = make("dd");

			dd.append(render(item));
			list.append(dd);
		}
		return list;
	}
	return document.createTextNode(String(v));
}

async function explain() {
	const args = {};

	for (const input of $("why-form").querySelectorAll("input"))
		if (input.value.trim())
			args[input.name] = input.value.trim();
	$("why-result").textContent = "Asking ...";
	const r = await ask("explain", args);

	$("why-result").replaceChildren(make("p", r.text || ""), r.arguments ? render(r.arguments) : "");
}

/* --- all --- */

async function poll() {
	try {
		if (!document.hidden) {
			await readHealth();
			await readPools();
		}
		state.failed = false;
	} catch (e) {
		showHealth(`The server does not respond: ${e.message}`, true);
		state.failed = true;
	}
	setTimeout(poll, POLL_MS);
}

async function start() {
	const r = await fetch(`${BASE}user`), user = await r.json();

	state.family = user.family;
	state.may = new Set(user.commands);
	document.title = $("title").textContent = `${user.server} ${user.version}`;
	if (state.family === 6) {
		document.querySelector("[name=client-id]").name = "duid";
		$("id-label").firstChild.textContent = "DUID ";
		document.querySelector("[name=relay]").name = "link";
		$("relay-label").firstChild.textContent = "Link address ";
	}
	await readPrefixes();
	poll();
	follow();
	await readLeases();
}

$("search-form").addEventListener("submit", (e) => {
	e.preventDefault();
	state.search = $("search").value.trim();
	turnTo("start", []);
});
$("next").addEventListener("click", () => turnTo(state.last, [...state.stack, state.from]));
$("previous").addEventListener("click", () => turnTo(state.stack[state.stack.length - 1], state.stack.slice(0, -1)));
$("why-form").addEventListener("submit", (e) => {
	e.preventDefault();
	explain().catch((err) => { $("why-result").textContent = `No response: ${err.message}`; });
});
start().catch((e) => showHealth(`The server does not respond: ${e.message}`, true));
