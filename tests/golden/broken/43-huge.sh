# 100 MB of estate: refused by its size, not read to the end.
{ printf 'estate: devday\n'; head -c 100000000 /dev/zero | tr '\0' '#'; } > "$1"
