for i in $(seq 0 199); do printf '%*s%s\n' "$i" '' 'a:'; done > "$1"
