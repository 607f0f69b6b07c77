# A configuration file, then the changes laid over it, as lines: section, option, value, "list" or "option".
function bare(text) {
	sub(/^[ \t]+/, "", text)
	sub(/[ \t]+$/, "", text)
	gsub(/^["']|["']$/, "", text)
	return text
}
function rest(words,    text, i) {
	text = $0
	sub(/^[ \t]+/, "", text)
	for (i = 0; i < words; i++) sub(/^[^ \t]+[ \t]+/, "", text)
	return bare(text)
}
function add(section, option, value, kind) {
	lines++
	s[lines] = section; o[lines] = option; v[lines] = value; k[lines] = kind
}
function drop(section, option,    i) {
	for (i = 1; i <= lines; i++) if (s[i] == section && (option == "" || o[i] == option)) k[i] = "gone"
}
FNR == NR && $1 == "config" {
	type = bare($2)
	section = NF > 2 ? rest(2) : "@" type "[" count[type] + 0 "]"
	count[type]++
	add(section, "", type, "section")
}
FNR == NR && $1 == "option" { add(section, $2, rest(2), "option") }
FNR == NR && $1 == "list" { add(section, $2, rest(2), "list") }
FNR != NR {
	text = rest(1)
	at = index(text, "=")
	path = at ? substr(text, 1, at - 1) : text
	value = at ? bare(substr(text, at + 1)) : ""
	sub(/^[^.]*\./, "", path)
	dot = match(path, /\.[^.]*$/)
	section = dot ? substr(path, 1, dot - 1) : path
	option = dot ? substr(path, dot + 1) : ""
	if ($1 != "add_list") drop(section, option)
	if ($1 != "delete") add(section, option, value, $1 == "add_list" ? "list" : "option")
}
END {
	# Options stand with their section, whatever came later.
	for (i = 1; i <= lines; i++) if (k[i] == "section") {
		print s[i] "\t\t" v[i] "\tsection"
		for (j = 1; j <= lines; j++)
			if (s[j] == s[i] && o[j] != "" && k[j] != "gone") print s[j] "\t" o[j] "\t" v[j] "\t" k[j]
	}
}
