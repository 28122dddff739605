// Shows the OpenAPI document of this node. Texts are set as text, never as markup.
"use strict";

const place = document.getElementById("operations");
const find = document.getElementById("find");

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function table(head, rows) {
  const cells = (name, row) => element("tr", "", ...row.map((text) => element(name, text)));
  return element("table", "", cells("th", head), ...rows.map((row) => cells("td", row)));
}

// The form of a value in a few words; names of objects are followed.
function form(schema, all, depth = 0) {
  if (!schema) return "";
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return depth > 5 ? name : form(all[name], all, depth + 1);
  }
  const either = schema.oneOf || schema.anyOf;
  if (either) return either.map((one) => form(one, all, depth + 1)).join(" | ");
  if (schema.allOf) return schema.allOf.map((one) => form(one, all, depth + 1)).join(" & ");
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.properties) {
    const indent = "  ".repeat(depth + 1);
    const needed = schema.required || [];
    const fields = Object.entries(schema.properties).map(([name, field]) => {
      const mark = needed.includes(name) ? "" : "?";
      return `${indent}${name}${mark}: ${form(field, all, depth + 1)}`;
    });
    return `{\n${fields.join("\n")}\n${"  ".repeat(depth)}}`;
  }
  if (schema.items) return `[${form(schema.items, all, depth)}]`;
  return [schema.type || "any"].flat().join(" | ");
}

function content(holder, all) {
  return Object.entries((holder && holder.content) || {}).map(([type, one]) => `${type}\n${form(one.schema, all)}`).join("\n");
}

function operation(method, path, one, base, all) {
  const summary = element("summary", "", element("b", method.toUpperCase()), element("code", base + path), " ",
    element("span", one.summary || one.description || ""));
  const details = element("details", "", summary);
  if (one.description && one.description !== one.summary) details.append(element("p", one.description));
  const parameters = one.parameters || [];
  if (parameters.length) {
    details.append(table(["Parameter", "In", "Type", "Meaning"], parameters.map((parameter) =>
      [parameter.name + (parameter.required ? " *" : ""), parameter.in, form(parameter.schema, all), parameter.description || ""])));
  }
  const body = content(one.requestBody, all);
  if (body) details.append(element("h3", "Body"), element("pre", body));
  const answers = Object.entries(one.responses || {});
  details.append(table(["Status", "Meaning"], answers.map(([status, answer]) => [status, answer.description || ""])));
  const good = answers.filter(([status]) => status.startsWith("2")).map(([, answer]) => content(answer, all)).join("\n");
  if (good) details.append(element("h3", "Answer"), element("pre", good));
  details.dataset.words = `${method} ${base}${path} ${one.summary || ""} ${(one.tags || []).join(" ")}`.toLowerCase();
  return details;
}

function show(specification) {
  const all = (specification.components || {}).schemas || {};
  const base = ((specification.servers || [])[0] || {}).url || "";
  const tags = new Map();
  for (const [path, item] of Object.entries(specification.paths)) {
    for (const [method, one] of Object.entries(item)) {
      const tag = (one.tags || ["Other"])[0];
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push(operation(method, path, one, base, all));
    }
  }
  const sections = [...tags].sort(([one], [other]) => one.localeCompare(other))
    .map(([tag, operations]) => element("section", "", element("h2", tag), ...operations));
  place.replaceChildren(...sections);
}

find.addEventListener("input", () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of place.querySelectorAll("section")) {
    let shown = 0;
    for (const details of section.querySelectorAll("details")) {
      details.hidden = !words.every((word) => details.dataset.words.includes(word));
      if (!details.hidden) shown += 1;
    }
    section.hidden = shown === 0;
  }
});

fetch("/api-spec.json").then((answer) => answer.json()).then(show)
  .catch((error) => { place.textContent = `The document cannot be read: ${error}`; });
