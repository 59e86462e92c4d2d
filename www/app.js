// The list of runs, with links that open them in Perfetto. Strings out of recordings only ever become text.

const main = document.getElementById("main");

function el(name, props, ...children) {
  const e = Object.assign(document.createElement(name), props);
  e.append(...children);
  return e;
}

// The last part of a trace's address is what Perfetto shows as its title.
function title(run) {
  const words = (run.workspace.path ?? run.workspace.name).split("/").filter(Boolean);
  const word = (words.at(-1) ?? "").replace(/[^A-Za-z0-9_.]+/g, "-").replace(/^[-.]+|-+$/g, "").slice(0, 60) || "run";
  const [, day, hour, minute, second] = /^(\S+?)T(\d\d):(\d\d):(\d\d)/.exec(run.started_at) ?? [];
  return `${word}-${day}-${hour}${minute}${second}-${run.id.slice(0, 8)}`;
}

function tracePath(run) {
  const where = run.prefix === run.id ? `/workspaces/${encodeURIComponent(run.workspace.name)}` : "";
  return `${where}/traces/${run.id}/${encodeURIComponent(title(run))}.json`;
}

// Perfetto's page reads from 127.0.0.1, and not from localhost.
function origin() {
  return location.origin.replace("//localhost", "//127.0.0.1");
}

function outcome(run) {
  if (!run.counts) return [run.status_text];
  const cell = [`${run.counts.passed} passed`];
  if (run.counts.failed) cell.push(", ", el("span", { className: "bad" }, `${run.counts.failed} failed`));
  return cell;
}

function row(run, perfetto) {
  const path = tracePath(run);
  return el("tr", {},
    el("td", {}, el("time", { dateTime: run.started_at }, run.started_at.slice(0, 19).replace("T", " "))),
    el("td", {}, run.workspace.path ?? run.workspace.name),
    el("td", {}, el("code", {}, run.id.slice(0, 8))),
    el("td", {}, ...outcome(run)),
    el("td", {}, run.duration_secs === null ? "" : `${run.duration_secs.toFixed(3)} s`),
    el("td", {},
      el("a", { href: `${perfetto}/#!/?url=${encodeURIComponent(origin() + path)}`, target: "_blank",
                rel: "noopener noreferrer" }, "open in Perfetto"),
      " · ", el("a", { href: path, download: "" }, "download")));
}

async function show() {
  const [doc, server] = await Promise.all(["/api/v1/runs", "/api/v1/server"].map(async (a) => (await fetch(a)).json()));
  main.replaceChildren();
  if (doc.error) {
    main.append(el("p", { className: "bad" }, doc.error.message));
    return;
  }
  for (const p of doc.problems) main.append(el("p", { className: "bad" }, p.error.message));
  if (!doc.runs.length) {
    main.append(el("p", {}, "No recorded runs. nextest records when [experimental] record = true and [record] enabled = true " +
      "stand in its user config."));
    return;
  }
  const head = ["Started", "Workspace", "Run", "Tests", "Time", "Trace"].map((t) => el("th", { scope: "col" }, t));
  main.append(el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...doc.runs.map((run) => row(run, server.perfetto_url)))));
  main.append(el("p", { className: "note" }, "Perfetto's page reads traces from http://127.0.0.1:9001 only, and the browser " +
    "may ask once whether it may: click Allow."));
}

show().catch((e) => main.replaceChildren(el("p", { className: "bad" }, `nxtraced does not answer: ${e.message}`)));
