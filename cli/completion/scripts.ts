/** The completion scripts: each asks `dagmar __complete` for the words that may follow, one a line, with a tab before a description. */

/**
 * bash splits words at `:`, which run ids hold: the line is taken apart at spaces, and of each answer the part that bash has
 * already is cut off. Where there is no answer, bash completes file names.
 */
const BASH = `_dagmar() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current reply
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  current="\${words[\${#words[@]} - 1]}"
  local kept="\${current%"\${current##*[:=@]}"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r reply _; do
    [[ "$reply" == "$current"* ]] && COMPREPLY+=("\${reply#"$kept"}")
  done < <("\${words[0]}" __complete "\${words[@]:1}" 2> /dev/null)
}
complete -o default -F _dagmar dagmar`;

const ZSH = `#compdef dagmar
_dagmar() {
  local -a replies
  local line colon='\\:'
  while IFS= read -r line; do
    replies+=("\${\${line%%$'\\t'*}//:/$colon}:\${line#*$'\\t'}")
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2> /dev/null)
  if (( \${#replies} )); then _describe dagmar replies; else _files; fi
}
compdef _dagmar dagmar`;

const FISH = `function __dagmar_complete
  set -l words (commandline --tokenize --cut-at-cursor --current-process)
  command $words[1] __complete $words[2..-1] (commandline --cut-at-cursor --current-token) 2> /dev/null
end
complete --command dagmar --no-files --arguments '(__dagmar_complete)'`;

export const COMPLETION_SCRIPTS: ReadonlyMap<string, string> = new Map([
  ["bash", BASH],
  ["zsh", ZSH],
  ["fish", FISH],
]);
