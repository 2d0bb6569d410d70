"""Notebooks to pages: what to run, running it, and the pages that come out.

plan         which notebooks with which parameters, checked before any kernel starts
parent       the process kernels are forked from
kernels      the kernel a run gets
run          runs the plan; the status of every run; index.html and runs.json
page         one executed notebook -> one self-contained page
index        every run on one page
provenance   what a page was made from
"""
