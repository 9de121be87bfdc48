export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * bash breaks words at `=` and `:`, and replaces only what follows the last of them. Splitting the line at spaces instead keeps words
 * whole; quoted spaces are not understood.
 */
const BASH = `# Completion of wasmgate for bash
_wasmgate() {
  local line words word lead value
  local -a out
  line=\${COMP_LINE:0:COMP_POINT}
  read -r -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  word=\${words[\${#words[@]}-1]}
  COMPREPLY=()
  IFS=$'\\n' read -r -d '' -a out < <(wasmgate __complete "\${words[@]:1}" 2>/dev/null)
  # After "--flag=", the completions are those of the value.
  [[ $word == --*=* ]] && word=\${word#*=}
  lead=
  [[ $COMP_WORDBREAKS == *:* && $word == *:* ]] && lead=\${word%"\${word##*:}"}
  for value in "\${out[@]}"; do
    case $value in
      :4) compopt +o default 2>/dev/null ;;
      :*) ;;
      *) value=\${value%%$'\\t'*} && COMPREPLY+=("\${value#"$lead"}") ;;
    esac
  done
}
complete -o default -F _wasmgate wasmgate
`;

const ZSH = `#compdef wasmgate
# Completion of wasmgate for zsh
_wasmgate() {
  local line directive
  local -a out described
  out=("\${(@f)$(wasmgate __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  directive=\${out[-1]}
  # After "--flag=", the completions are those of the value.
  [[ $PREFIX == --*=* ]] && compset -P '--*='
  for line in "\${(@)out[1,-2]}"; do
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#described} )); then
    _describe -t values wasmgate described
  elif [[ $directive == :0 ]]; then
    _files
  fi
}
if [[ \${funcstack[1]} == _wasmgate ]]; then
  _wasmgate "$@"
else
  compdef _wasmgate wasmgate
fi
`;

const FISH = `# Completion of wasmgate for fish
function __wasmgate_complete
  set -l words (commandline -opc)
  set -l word (commandline -ct)
  set -l out (wasmgate __complete $words[2..-1] "$word" 2>/dev/null)
  # After "--flag=", the completions are those of the value.
  set -l flag (string match -r -- '^--[^=]+=' "$word")
  if test "$out[-1]" = ':0'
    for path in (__fish_complete_path (string replace -- "$flag" '' "$word"))
      echo "$flag$path"
    end
  else if test (count $out) -gt 1
    for line in $out[1..-2]
      echo "$flag$line"
    end
  end
end
complete -c wasmgate -f -a '(__wasmgate_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export function writeScript(shell: Shell): string {
  return SCRIPTS[shell];
}
