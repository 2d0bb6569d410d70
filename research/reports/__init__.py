"""Notebooks to pages: what to run, running it, and the pages that come out.

plan         which notebooks with which parameters, checked before any kernel starts
parent       the process kernels are forked from
kernels      the kernel a run gets
run          runs the plan; the status of every run; index.html and runs.json
progress     what a person sees while it runs
page         one executed notebook -> one self-contained page
index        every run on one page
provenance   what a page was made from
resume       which runs need no kernel, and why the others do
crate        a report folder as a Workflow Run RO-Crate
compare      what moved between two batches, and what moved it
telling      a comparison for a program, on a terminal, as a page
"""
