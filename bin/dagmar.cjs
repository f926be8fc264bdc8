#!/usr/bin/env node
/**
 * The command `dagmar`: says in one sentence that this Node is too old, or starts the program. Written in the syntax of 2009,
 * so that every Node can read it; nothing newer may be loaded before the check.
 */
"use strict";

var engines = require("../package.json").engines;

function readNumbers(text) {
  return text
    .replace(/^[^0-9]*/, "")
    .split(".")
    .map(Number);
}

var oldest = readNumbers(engines.node);
var running = readNumbers(process.versions.node);
var isNewEnough = running[0] > oldest[0] || (running[0] === oldest[0] && running[1] >= oldest[1]);

if (isNewEnough) {
  require("./start.cjs");
} else {
  console.error(
    "Dagmar needs Node " +
      oldest[0] +
      "." +
      oldest[1] +
      " or newer, and this is Node " +
      process.versions.node +
      ". Install a newer one from https://nodejs.org, then give the same command again.",
  );
  process.exit(78);
}
