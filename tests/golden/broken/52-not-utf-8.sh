cat > "$1" <<'END'
estate: devday
cloud: local
accounts:
  main:
    subscription: 10ca1000-0000-4000-8000-000000000002
    tenant: 10ca1000-0000-4000-8000-000000000001
    location: eastus
    group: ml-rg
END
printf 'workspace: dev\xff\xfeday\nprincipals:\n  caf\xe9:\n' >> "$1"
