#!/bin/sh
# Checks the GPU of this machine and prints one verdict in Markdown, for docs/benchmarks-gpu.md.
# Needs a GPU driver with Vulkan, and no network, toolchain or Python. See README.md.
#
#   sh run.sh            within 8 minutes
#   sh run.sh --short    without the largest size and two classes, and without a time limit
#   sh run.sh --tests    the tests alone, without a time limit
#   sh run.sh --out DIR  verdict.md and kit.log go there instead of beside this script
#
# Fails if a test failed or a step did not end; a goal that is missed is in the table only.
set -u

here=$(CDPATH= cd "$(dirname "$0")" && pwd) || exit 2
form=long out=$here
while [ $# -gt 0 ]; do
    case $1 in
        --short | --tests) form=${1#--} ;;
        --out) out=${2:?--out needs a folder}; shift ;;
        -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit ;;
        *) echo "unknown option $1; try --help" >&2; exit 2 ;;
    esac
    shift
done
mkdir -p "$out" && out=$(CDPATH= cd "$out" && pwd) || exit 2
log=$out/kit.log
: > "$log" || exit 2
cd "$here" || exit 2 # the program looks for datasets/mnist here

# The packed Vulkan loader, where the machine has none of its own.
PATH=$PATH:/usr/sbin:/sbin
if [ -d lib ] && ! ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; then
    LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib
    export LD_LIBRARY_PATH
fi

unset BURN_FUSION_MAX_EXPLORATIONS KIT_SHORT KIT_LIMIT_TRAIN
minimal=CUBECL_AUTOTUNE_LEVEL=minimal # tuning takes minutes on some drivers, and changes no result
tuning= # but Burn's own operations are to be as fast as they can be
if [ $form != long ]; then
    tuning=$minimal KIT_SHORT=1 KIT_LIMIT_TRAIN=6000
    export KIT_SHORT KIT_LIMIT_TRAIN
fi

now() { date +%s; }
started=$(now)
limit=480

# step NAME SECONDS COMMAND...: within these seconds and what is left of all; notes how it ended.
step() {
    name=$1 most=$2
    shift 2
    began=$(now)
    if [ $form = long ]; then
        left=$((started + limit - began))
        [ "$left" -ge "$most" ] || most=$left
        if [ "$most" -lt 5 ]; then
            echo "KIT step $name no-time 0" >> "$log"
            return 1
        fi
        if command -v timeout > /dev/null; then set -- timeout -k 5 "$most" "$@"; fi
    fi
    echo "$name ..." >&2
    "$@" >> "$log" 2>&1
    status=$?
    echo "KIT step $name $status $(($(now) - began))" >> "$log"
    return $status
}

# part NAME SECONDS TEST VARIABLE...: an ignored test by its name.
part() {
    name=$1 most=$2 test=$3
    shift 3
    step "$name" "$most" env "$@" ./gpu-kit --ignored --exact "$test" --nocapture
}

if part adapter 60 adapter; then
    tests=$(./gpu-kit --list 2>> "$log" | sed -n 's/: test$//p')
    modules=$(echo "$tests" | sed -n 's/::.*//p' | sort -u | grep -v -e '^benchmark$' -e '^training$')
    for module in $modules; do
        # shellcheck disable=SC2046 # names have no spaces
        step "tests:$module" 150 env $minimal ./gpu-kit --exact $(echo "$tests" | grep "^$module::")
    done
    # Its buffers of 220 MB are too large for software Vulkan.
    [ $form != long ] || step tests:large 60 env $minimal ./gpu-kit --ignored --exact \
        fused_simplex::more_shared_rows_than_work_groups_in_one_dimension
    if [ $form != tests ]; then
        part benchmark:fusion-on 120 benchmark::operations $tuning
        part benchmark:fusion-off 120 benchmark::operations $tuning BURN_FUSION_MAX_EXPLORATIONS=0
        part training:digits 150 training::digits $minimal
        if [ $form = long ]; then
            part training:binary 150 training::binary $minimal
        else
            echo "KIT step training:binary not-in-short-form 0" >> "$log"
        fi
    fi
else
    echo "no adapter: see README.md and the end of $log" >&2
fi

# The verdict, from the lines of the log with KIT and those of the test harness.
awk -v form=$form -v limit=$limit -v seconds=$(($(now) - started)) \
    -v version="$(cat version 2> /dev/null || echo unknown)" \
    -f /dev/stdin "$log" > "$out/verdict.md" << 'AWK'
# What stands behind `key=` in the present line; `-` for no number.
function value(key,   i) {
    for (i = 1; i <= words; i++) if (index(word[i], key "=") == 1) return substr(word[i], length(key) + 2)
    return "-"
}

function also(list, item) { return list == "" ? item : list ", " item }

function size(number) { return number < 0 ? -number : number }

function percent(share) { return sprintf("%.1f %%", share * 100) }

function or_dash(format, number) { return number == "" ? "-" : sprintf(format, number) }

function row(what, result, goal, met) {
    if (goal == "") met = ""
    else if (met == "") met = "not judged"
    else met = met ? "met" : "**missed**"
    printf "| %s | %s | %s | %s |\n", what, result, goal, met
}

function status_of_all() { return failed > 0 || unfinished != "" || passed + 0 == 0 }

# The row of a share of the copy bandwidth at the largest size.
function row_of_shares(pass, goal,   i, key, least, who) {
    for (i = 1; i <= operations; i++) {
        key = operation[i] SUBSEP "1e8" SUBSEP pass
        if (key in share && (least == "" || share[key] + 0 < least)) { least = share[key] + 0; who = operation[i] }
    }
    if (form == "short" && least == "") return
    row("share of the copy bandwidth at 1e8, " pass, least == "" ? "not measured" : percent(least) " (" who ")", \
        "at least " goal * 100 " %", judged ? least != "" && least >= goal : "")
}

match($0, /KIT (adapter|benchmark|training|step) /) {
    line = substr($0, RSTART + 4)
    words = split(line, word, " ")
}

!match($0, /KIT (adapter|benchmark|training|step) /) { words = 0 }

/^test .* \.\.\. FAILED$/ { failing = also(failing, "`" $2 "`") }

/^test result: / { summaries++; passes = $4; fails = $6 }

words && word[1] == "adapter" { adapter = substr(line, 9) }

words && word[1] == "benchmark" {
    key = word[2] SUBSEP word[3] SUBSEP word[4]
    if (!(key in seen)) { seen[key] = 1; rows[++count] = key }
    if (!(word[2] in known)) { known[word[2]] = 1; operation[++operations] = word[2] }
    fusion = value("fusion")
    if (word[6] == "failed") unmeasured = also(unmeasured, word[2] " " word[3] " " word[4] ", fusion " fusion)
    else if (fusion == "on") {
        ms[key] = value("fused_ms")
        if (value("copy_share") != "-") share[key] = value("copy_share")
    }
    if (value("ratio") != "-") ratio[fusion, key] = value("ratio")
}

words && word[1] == "training" { trainings[++trained] = line }

words && word[1] == "step" {
    name = word[2]; status = word[3]
    if (status == "not-in-short-form") left_out = also(left_out, name)
    else if (status == "no-time") unfinished = also(unfinished, name " (no time left)")
    else if (status == 124 || status == 137) unfinished = also(unfinished, name " (out of time)")
    else if (name ~ /^tests:/ && summaries && (status == 0) == (fails == 0)) {
        passed += passes; failed += fails
        if (fails) failed_names = also(failed_names, failing)
    }
    else if (status != 0 || !summaries) unfinished = also(unfinished, name " (ended with " status ")")
    summaries = 0; failing = ""
}

END {
    judged = form == "long" && adapter != "" && adapter !~ /llvmpipe|[Ss]wift[Ss]hader|softpipe/
    print "## " (adapter == "" ? "No adapter" : adapter) "\n"
    printf "GPU kit of %s, %s form, %d s.", version, form, seconds
    if (form != "tests") {
        print " f32; medians of rounds in turn. Ratios are the time of the"
        printf "same in tensor operations to ours, with Burn's fusion on and off: above 1 ours is faster."
    }
    print "\n"
    print "| check | result | goal | |"
    print "|---|---|---|---|"
    row("tests", passed + 0 " passed, " failed + 0 " failed" (failed ? ": " failed_names : ""), "all pass", passed > 0 && !failed)
    row("steps that did not end", unfinished == "" ? "none" : unfinished, "none", unfinished == "")
    if (unmeasured != "") row("not measured", unmeasured, "", "")
    if (left_out != "") row("not in the short form", left_out ", 1e8 elements", "", "")
    if (form == "tests") exit status_of_all()
    if (form == "long") row("time", seconds " s", "under " limit " s", seconds < limit)

    for (i = 1; i <= count; i++) if (("on", rows[i]) in ratio && (least == "" || ratio["on", rows[i]] + 0 < least)) {
        least = ratio["on", rows[i]] + 0; where = rows[i]
    }
    gsub(SUBSEP, " ", where)
    row("least ratio to Burn's fusion", least == "" ? "not measured" : sprintf("%.2f (%s)", least, where), \
        "at least 1", judged ? least != "" && least >= 1 : "")
    row_of_shares("forward", 0.8)
    row_of_shares("forward+backward", 0.7)

    for (i = 1; i <= trained; i++) {
        words = split(trainings[i], word, " ")
        apart = (value("wgpu") - value("flex")) * 100
        what = word[2] ": " value("images") " images, epochs " value("epochs") ", seeds " value("seeds")
        result = sprintf("%.2f %% right, on Flex %.2f %%: %+.2f points", value("wgpu") * 100, value("flex") * 100, apart)
        if (word[2] == "dome") { row(what, result, "within 0.1 points", judged ? size(apart) < 0.1 + 1e-9 : ""); binary = 1 }
        else row(what, result, "", "")
    }
    if (!trained) row("training", "not measured", "", "")
    if (form == "long" && !binary) row("dome, mean of 3 seeds", "not measured", "within 0.1 points", judged ? 0 : "")

    if (count) {
        print "\n| operation | size | pass | ms | ratio to Burn's fusion | without its fusion | share of the copy bandwidth |"
        print "|---|---|---|---|---|---|---|"
    }
    for (i = 1; i <= count; i++) {
        key = rows[i]
        split(key, part, SUBSEP)
        printf "| %s | %s | %s | %s | %s | %s | %s |\n", part[1], part[2], part[3], or_dash("%.3f", ms[key]), \
            or_dash("%.2f", ratio["on", key]), or_dash("%.2f", ratio["off", key]), (key in share) ? percent(share[key]) : "-"
    }
    exit status_of_all()
}
AWK
verdict=$?
cat "$out/verdict.md"
exit $verdict
